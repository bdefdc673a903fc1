"""The cashier: bills of visits, settling, refunding, the day book."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.his.clock import Clock
from sandbox.his.refusals import refuse
from sandbox.his.store import Store

Data = dict[str, Any]
_ITEMS = (("CJ001", "血细胞分析", 2500, "1", "次"), ("XY001", "阿莫西林胶囊 0.25g*24粒", 1860, "2", "盒"))


class Cashier:
    """Works inside the engine's transaction."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def list_pending_bills(self, arguments: Mapping[str, Any]) -> Data:
        """patient_id -> {bills: [{code, title, amount_fen, registration_number, ..}]}"""
        return {
            "bills": self._store.all(
                "SELECT * FROM bills WHERE patient_id = ? AND state = 'open' ORDER BY code",
                str(arguments["patient_id"]),
            )
        }

    def bill_detail(self, arguments: Mapping[str, Any]) -> Data:
        """bill_codes -> {items: [{code, name, unit_price_fen, quantity, amount_fen, unit, reverses}]}, signed (F13)"""
        items: list[Data] = []
        for code in arguments["bill_codes"]:
            items += self._store.all("SELECT * FROM bill_items WHERE bill_code = ? ORDER BY rowid", str(code))
        return {"items": items}

    def settle_bills(self, arguments: Mapping[str, Any]) -> Data:
        """bill_codes, order_number, paid_fen -> {settlement_number, receipt_number}"""
        bills = [self._open_bill(str(code)) for code in arguments["bill_codes"]]
        total = sum(bill["amount_fen"] for bill in bills)
        if total != int(arguments["paid_fen"]):
            raise refuse("price_changed")
        line = self._line(str(arguments["order_number"]), total, "bill")
        number = f"J{line:08d}"
        for bill in bills:
            self._store.run(
                "UPDATE bills SET state = 'paid', settlement_number = ? WHERE code = ?", number, bill["code"]
            )
        return {"settlement_number": number, "receipt_number": str(line)}

    def refund_bills(self, arguments: Mapping[str, Any]) -> Data:
        """settlement_number, refund_number -> {settlement_number, receipt_number}"""
        number = str(arguments["settlement_number"])
        total = self._store.number(
            "SELECT sum(amount_fen) FROM bills WHERE settlement_number = ? AND state = 'paid'", number
        )
        if not total:
            raise refuse("not_found", "未查询到可退费的结算记录")
        self._store.run("UPDATE bills SET state = 'refunded' WHERE settlement_number = ?", number)
        line = self._line(str(arguments["refund_number"]), -total, "refund", number.removeprefix("J").lstrip("0"))
        return {"settlement_number": number, "receipt_number": str(line)}

    def list_paid_bills(self, arguments: Mapping[str, Any]) -> Data:
        """patient_id, first_day, last_day -> {bills: [{settlement_number, amount_fen, ..}], total}; refunds negative"""
        rows = self._store.all(
            "SELECT l.line_number, l.order_number, l.amount_fen, l.happened_at, l.business, b.title, b.state,"
            " b.settlement_number FROM ledger l JOIN bills b"
            " ON b.settlement_number ="
            " printf('J%08d', CASE l.business WHEN 'bill' THEN l.line_number ELSE l.reverses END)"
            " WHERE b.patient_id = ? AND substr(l.happened_at, 1, 10) BETWEEN ? AND ?"
            " GROUP BY l.line_number ORDER BY l.line_number",
            str(arguments["patient_id"]), str(arguments["first_day"]), str(arguments["last_day"]),
        )  # fmt: skip
        bills = [
            {
                "settlement_number": row["settlement_number"],
                "receipt_number": str(row["line_number"]),
                "title": row["title"],
                "amount_fen": row["amount_fen"],
                "paid_at": row["happened_at"],
                "order_number": row["order_number"],
                "refundable": row["business"] == "bill" and row["state"] == "paid",
            }
            for row in rows
        ]
        return {"bills": bills, "total": len(bills)}

    def paid_bill_detail(self, arguments: Mapping[str, Any]) -> Data:
        """patient_id, settlement_number -> like bill_detail"""
        items = self._store.all(
            "SELECT i.* FROM bill_items i JOIN bills b ON b.code = i.bill_code"
            " WHERE b.patient_id = ? AND b.settlement_number = ? ORDER BY i.rowid",
            str(arguments["patient_id"]), str(arguments["settlement_number"]),
        )  # fmt: skip
        if not items:
            raise refuse("not_found", "未查询到缴费记录")
        return {"items": items}

    def list_invoices(self, arguments: Mapping[str, Any]) -> Data:
        """patient_id, first_day, last_day -> {invoices: [{settlement_number, state, amount_fen, code, number, ..}]}"""
        invoices = []
        for bill in self.list_paid_bills(arguments)["bills"]:
            red = bill["amount_fen"] < 0
            invoices.append(
                {
                    "settlement_number": bill["settlement_number"],
                    "state": "red" if red else "issued",
                    "amount_fen": bill["amount_fen"],
                    "code": "31060126",
                    "number": bill["receipt_number"].zfill(10),
                    "verification_code": "a1b2c3",
                    "issued_at": bill["paid_at"],
                    "reverses": bill["settlement_number"].removeprefix("J").lstrip("0").zfill(10) if red else "",
                }
            )
        return {"invoices": invoices}

    def pharmacy_queue(self, arguments: Mapping[str, Any]) -> Data:
        """patient_id -> {places: [{dispensing_number, window, ahead, ready, place}]} of bills that are paid"""
        places = []
        for bill in self._store.all(
            "SELECT code FROM bills WHERE patient_id = ? AND state = 'paid' ORDER BY code", str(arguments["patient_id"])
        ):
            told = self._store.one(
                "SELECT data FROM visit_events WHERE json_extract(data, '$.kind') = 'medicine_ready'"
                " AND json_extract(data, '$.dispensing_number') = ? ORDER BY id DESC",
                bill["code"],
            )
            ready = json.loads(told["data"]) if told else None
            before = self._store.number("SELECT count(*) FROM bills WHERE state = 'paid' AND code < ?", bill["code"])
            places.append(
                {
                    "dispensing_number": bill["code"],
                    "window": ready["window"] if ready else "",
                    "ahead": 0 if ready else before,
                    "ready": ready is not None,
                    "place": "门诊药房",
                }
            )
        return {"places": places}

    def daily_ledger(self, arguments: Mapping[str, Any]) -> Data:
        """day, offset, limit -> {lines: [{line_number, order_number, amount_fen, ..}], total}; refunds negative"""
        day = str(arguments["day"])
        total = self._store.number("SELECT count(*) FROM ledger WHERE happened_at LIKE ?", f"{day}%")
        rows = self._store.all(
            "SELECT * FROM ledger WHERE happened_at LIKE ? ORDER BY line_number LIMIT ? OFFSET ?",
            f"{day}%", int(arguments.get("limit", 500)), int(arguments.get("offset", 0)),
        )  # fmt: skip
        return {"lines": rows, "total": total}

    def open_bill(self, registration: Mapping[str, Any], department_code: str, doctor_name: str) -> Data:
        """A bill of a visit, with one line put in by mistake and reversed (F13)."""
        code = f"B{self._store.next('bill'):08d}"
        lines = [(code, *item[:4], item[2] * int(item[3]), item[4], "") for item in _ITEMS]
        wrong = lines[0]
        lines += [wrong, (*wrong[:4], "-1", -wrong[5], wrong[6], wrong[1])]
        self._store.run_many("INSERT INTO bill_items VALUES (?,?,?,?,?,?,?,?)", lines)
        self._store.run(
            "INSERT INTO bills (code, title, amount_fen, patient_id, registration_number, department_code,"
            " doctor_name, opened_at, state) VALUES (?,?,?,?,?,?,?,?,?)",
            code, "门诊处方及检验", sum(line[5] for line in lines), registration["patient_id"],
            registration["his_number"], department_code, doctor_name, self._clock.now().isoformat(), "open",
        )  # fmt: skip
        return {"bill_code": code}

    def list_lab_reports(self, arguments: Mapping[str, Any]) -> Data:
        """patient_id, first_day, last_day -> {reports: [{code, title, approved, reported_at}]}"""
        rows = self._store.all(
            "SELECT code, title, approved, reported_at FROM reports WHERE patient_id = ?"
            " AND substr(reported_at, 1, 10) BETWEEN ? AND ? ORDER BY code",
            str(arguments["patient_id"]), str(arguments["first_day"]), str(arguments["last_day"]),
        )  # fmt: skip
        return {"reports": [{**row, "approved": bool(row["approved"])} for row in rows]}

    def lab_report(self, arguments: Mapping[str, Any]) -> Data:
        """report_code -> {report: {..}, values: [{code, name, value, unit, reference, flag}]}"""
        row = self._store.one("SELECT * FROM reports WHERE code = ?", str(arguments["report_code"]))
        if row is None:
            raise refuse("not_found", "未查询到报告")
        report = {"code": row["code"], "title": row["title"], "approved": bool(row["approved"])}
        return {"report": {**report, "reported_at": row["reported_at"]}, "values": json.loads(row["lines"])}

    def make_report(self, patient_id: str) -> Data:
        """An approved blood count of a patient."""
        lines = [
            {
                "code": "WBC",
                "name": "白细胞计数",
                "value": "11.2",
                "unit": "10^9/L",
                "reference": "3.5-9.5",
                "flag": "H",
            },
            {"code": "HGB", "name": "血红蛋白", "value": "138", "unit": "g/L", "reference": "130-175", "flag": ""},
        ]
        code = f"R{self._store.next('report'):08d}"
        self._store.run(
            "INSERT INTO reports VALUES (?,?,?,?,?,?)",
            code, patient_id, "血常规", 1, self._clock.now().isoformat(), json.dumps(lines, ensure_ascii=False),
        )  # fmt: skip
        return {"report_code": code, "patient_id": patient_id, "title": "血常规", "status": "F", "lines": lines}

    def _open_bill(self, code: str) -> Data:
        bill = self._store.one("SELECT * FROM bills WHERE code = ?", code)
        if bill is None:
            raise refuse("not_found", "未查询到待缴费记录")
        if bill["state"] != "open":
            raise refuse("refused", "该费用已缴或已作废")
        return bill

    def _line(self, order_number: str, amount_fen: int, business: str, reverses: str = "") -> int:
        line = self._store.next("ledger")
        self._store.run(
            "INSERT INTO ledger VALUES (?,?,?,?,?,?)",
            line, order_number, amount_fen, business, self._clock.now().isoformat(), reverses,
        )  # fmt: skip
        return line

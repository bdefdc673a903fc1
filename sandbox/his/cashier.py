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

"""The registration desk: prices, locks, registrations, cancelling, checking in. Its numbers are never sold twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.his.clock import Clock
from sandbox.his.directory import Directory
from sandbox.his.patients import Patients
from sandbox.his.refusals import refuse
from sandbox.his.store import Store

Data = dict[str, Any]
_ALIVE = ("booked", "paid", "arrived")
EXTRA_MINUTES = 15


@dataclass(frozen=True, slots=True)
class Rules:
    """How this hospital runs its desk. `lock_seconds` is asked at each lock, so that a switch can shorten it (F10)."""

    his_locked: bool
    senior_discount: bool
    price_change: Callable[[], int]
    lock_seconds: Callable[[], float]


class Desk:
    """Works inside the engine's transaction."""

    def __init__(self, store: Store, clock: Clock, directory: Directory, patients: Patients, rules: Rules) -> None:
        self._store, self._clock = store, clock
        self._directory, self._patients, self._rules = directory, patients, rules

    def quote_fee(self, arguments: Mapping[str, Any]) -> Data:
        """schedule_code, birth_date -> {total_fen, items: [{code, name, amount_fen}], discount, valid_until}"""
        schedule = self._directory.schedule(str(arguments["schedule_code"]))
        total, discount = self._price(schedule, str(arguments["birth_date"]))
        return {
            "total_fen": total,
            "items": [
                {"code": "GH" + schedule["class_code"], "name": f"{schedule['class_name']}诊查费", "amount_fen": total}
            ],
            "discount": discount,
            "valid_until": (self._clock.now() + timedelta(minutes=30)).isoformat(),
        }

    def lock_number(self, arguments: Mapping[str, Any]) -> Data:
        """hub_number, schedule_code, number_code, patient_id -> {lock_code, number_code, sequence, expires_at}"""
        patient = self._patients.archive(str(arguments["patient_id"]))
        schedule = self._open_schedule(str(arguments["schedule_code"]))
        self._not_booked_twice(patient["id"], schedule)
        number = self._number(schedule, str(arguments["number_code"]))
        expires = (self._clock.now() + timedelta(seconds=self._rules.lock_seconds())).isoformat()
        self._take(number["code"], "locked", expires)
        lock_code = f"L{self._clock.now():%y%m%d}{self._store.next('lock'):06d}"
        self._store.run(
            "INSERT INTO locks VALUES (?,?,?,?,?,?)",
            lock_code, arguments["hub_number"], number["code"], patient["id"], expires, "held",
        )  # fmt: skip
        return {
            "lock_code": lock_code,
            "number_code": number["code"],
            "sequence": number["sequence"],
            "expires_at": expires,
        }

    def unlock_number(self, arguments: Mapping[str, Any]) -> Data:
        """lock_number (the hub number of the lock) -> {}; a lock gone already is no refusal"""
        lock = self._store.one(
            "SELECT * FROM locks WHERE hub_number = ? OR lock_code = ?",
            str(arguments["lock_number"]), str(arguments.get("lock_code") or "-"),
        )  # fmt: skip
        if lock is None:
            raise refuse("not_found")
        if lock["state"] == "held":
            self._store.run("UPDATE locks SET state = 'released' WHERE lock_code = ?", lock["lock_code"])
            self._free(lock["number_code"], "locked")
        return {}

    def register(self, arguments: Mapping[str, Any]) -> Data:
        """hub_number, schedule_code, number_code ("" = an extra number of the hub's: sequence, starts), patient_id,
        fee_fen, lock_code, order_number ("" = unpaid) -> {his_number, patient_id, sequence, place, receipt_number}"""
        patient = self._patients.archive(str(arguments["patient_id"]))
        schedule = self._open_schedule(str(arguments["schedule_code"]))
        price, _ = self._price(schedule, patient["birth_date"])
        if price != int(arguments["fee_fen"]):
            raise refuse("price_changed")
        self._not_booked_twice(patient["id"], schedule)
        number = self._number(schedule, str(arguments["number_code"]) or self._extra(schedule, arguments))
        if self._rules.his_locked:
            self._use_lock(str(arguments.get("lock_code") or ""), number["code"], patient["id"])
        else:
            self._take(number["code"], "taken", None)
        order_number = str(arguments.get("order_number") or "")
        his_number = f"G{schedule['day'].replace('-', '')[2:]}{self._store.next('registration'):06d}"
        receipt = self._book_money(order_number, price, "register") if order_number else ""
        self._store.run(
            "INSERT INTO registrations VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            his_number, arguments["hub_number"], patient["id"], schedule["code"], number["code"], number["sequence"],
            number["starts"], "paid" if order_number else "booked", price, order_number, receipt, "",
            self._clock.now().isoformat(),
        )  # fmt: skip
        return {
            "his_number": his_number,
            "patient_id": patient["id"],
            "sequence": number["sequence"],
            "place": schedule["place"],
            "receipt_number": receipt,
        }

    def pay_registration(self, arguments: Mapping[str, Any]) -> Data:
        """registration_number or his_number, order_number, paid_fen -> like register"""
        row = self.registration(arguments)
        if row["state"] != "booked":
            raise refuse("refused", "该挂号记录不是待缴费状态")
        if int(arguments["paid_fen"]) != row["fee_fen"]:
            raise refuse("price_changed")
        receipt = self._book_money(str(arguments["order_number"]), row["fee_fen"], "register")
        self._store.run(
            "UPDATE registrations SET state = 'paid', order_number = ?, receipt_number = ? WHERE his_number = ?",
            arguments["order_number"], receipt, row["his_number"],
        )  # fmt: skip
        return {
            "his_number": row["his_number"],
            "patient_id": row["patient_id"],
            "sequence": row["sequence"],
            "place": self._directory.schedule(row["schedule_code"])["place"],
            "receipt_number": receipt,
        }

    def check_in(self, arguments: Mapping[str, Any]) -> Data:
        """registration_number or his_number -> {ticket, ahead, place}"""
        row = self.registration(arguments)
        if row["state"] not in {"booked", "paid"}:
            raise refuse("refused", "该挂号记录当前不能签到")
        schedule = self._directory.schedule(row["schedule_code"])
        ahead = self._store.number(
            "SELECT count(*) FROM registrations WHERE schedule_code = ? AND state = 'arrived'", row["schedule_code"]
        )
        ticket = f"{schedule['department_code'][-2:]}{row['sequence']:03d}"
        self._store.run(
            "UPDATE registrations SET state = 'arrived', ticket = ? WHERE his_number = ?", ticket, row["his_number"]
        )
        return {"ticket": ticket, "ahead": ahead, "place": schedule["place"]}

    def cancel_registration(self, arguments: Mapping[str, Any]) -> Data:
        """registration_number or his_number, refund_number -> {his_number, receipt_number, already}"""
        row = self.registration(arguments)
        if row["state"] == "cancelled":
            return {"his_number": row["his_number"], "receipt_number": "", "already": True}
        if row["state"] in {"arrived", "done"}:
            raise refuse("too_late")
        receipt = ""
        if row["order_number"]:
            receipt = self._book_money(
                str(arguments.get("refund_number") or row["order_number"]),
                -row["fee_fen"],
                "refund",
                row["receipt_number"],
            )
        self._store.run("UPDATE registrations SET state = 'cancelled' WHERE his_number = ?", row["his_number"])
        self._free(row["number_code"], "taken")
        return {"his_number": row["his_number"], "receipt_number": receipt, "already": False}

    def list_registrations(self, arguments: Mapping[str, Any]) -> Data:
        """first_day, last_day, patient_id or "" -> {registrations: [..], total}"""
        patient = str(arguments.get("patient_id") or "")
        rows = self._store.all(
            "SELECT r.* FROM registrations r JOIN schedules s ON s.code = r.schedule_code WHERE s.day BETWEEN ? AND ?"
            " AND r.hub_number <> '' AND (? = '' OR r.patient_id = ?) ORDER BY r.his_number",
            str(arguments["first_day"]), str(arguments["last_day"]), patient, patient,
        )  # fmt: skip
        return {"registrations": rows, "total": len(rows)}

    def waiting_queue(self, arguments: Mapping[str, Any]) -> Data:
        """registration_number or his_number -> {places: [{department_code, ticket, ahead, place}]}"""
        row = self.registration(arguments)
        schedule = self._directory.schedule(row["schedule_code"])
        ahead = self._store.number(
            "SELECT count(*) FROM registrations WHERE schedule_code = ? AND state = 'arrived' AND sequence < ?",
            row["schedule_code"], row["sequence"],
        )  # fmt: skip
        place = {"department_code": schedule["department_code"], "ticket": row["ticket"], "ahead": ahead}
        return {"places": [{**place, "place": schedule["place"]}] if row["state"] == "arrived" else []}

    def registration(self, arguments: Mapping[str, Any]) -> Data:
        """The registration under the hub's number or ours, the newest if the hub repeated its number; or a refusal."""
        row = self._store.one(
            "SELECT * FROM registrations WHERE (hub_number <> '' AND hub_number = ?) OR his_number = ?"
            " ORDER BY his_number DESC",
            str(arguments.get("registration_number") or ""), str(arguments.get("his_number") or "-"),
        )  # fmt: skip
        if row is None:
            raise refuse("not_found", "未查询到挂号记录")
        return row

    def expire_locks(self) -> list[Data]:
        """Free the numbers whose lock ran out; them."""
        due = self._store.all(
            "SELECT * FROM numbers WHERE state = 'locked' AND locked_until < ?", self._clock.now().isoformat()
        )
        for number in due:
            self._free(number["code"], "locked")
            self._store.run(
                "UPDATE locks SET state = 'expired' WHERE number_code = ? AND state = 'held'", number["code"]
            )
        return due

    def _price(self, schedule: Mapping[str, Any], birth_date: str) -> tuple[int, str]:
        fee = max(int(schedule["fee_fen"]) + self._rules.price_change(), 0)
        if not (self._rules.senior_discount and birth_date):
            return fee, ""
        born, day = date.fromisoformat(birth_date), date.fromisoformat(schedule["day"])
        age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        return (fee // 2, "65岁以上老人优惠") if age >= 65 else (fee, "")

    def _open_schedule(self, code: str) -> Data:
        schedule = self._directory.schedule(code)
        if schedule["state"] != "open":
            raise refuse("closed")
        return schedule

    def _number(self, schedule: Mapping[str, Any], code: str) -> Data:
        number = self._store.one("SELECT * FROM numbers WHERE code = ? AND schedule_code = ?", code, schedule["code"])
        if number is None:
            raise refuse("not_found", "未查询到号源信息")
        if number["state"] == "stopped":
            raise refuse("closed")
        if datetime.fromisoformat(number["ends"]) <= self._clock.now():
            raise refuse("too_late", "该时段已过，不能预约")
        return number

    def _extra(self, schedule: Mapping[str, Any], arguments: Mapping[str, Any]) -> str:
        """The code of the number the hub gave out beyond our own (加号); entered when it is first heard of."""
        if self._rules.his_locked or not arguments.get("sequence") or not arguments.get("starts"):
            raise refuse("not_found", "未查询到号源信息")
        sequence, starts = int(arguments["sequence"]), datetime.fromisoformat(str(arguments["starts"]))
        code = f"{schedule['code']}-{sequence:02d}"
        self._store.run(
            "INSERT INTO numbers VALUES (?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
            code, schedule["code"], sequence, starts.isoformat(),
            (starts + timedelta(minutes=EXTRA_MINUTES)).isoformat(), "free", None,
        )  # fmt: skip
        return code

    def _not_booked_twice(self, patient_id: str, schedule: Mapping[str, Any]) -> None:
        if self._store.number(
            f"SELECT count(*) FROM registrations WHERE patient_id = ? AND schedule_code = ? AND state IN {_ALIVE}",  # noqa: S608
            patient_id, schedule["code"],
        ):  # fmt: skip
            raise refuse("already_booked")

    def _take(self, number_code: str, state: str, locked_until: str | None) -> None:
        taken = self._store.run(
            "UPDATE numbers SET state = ?, locked_until = ? WHERE code = ? AND state = 'free'",
            state, locked_until, number_code,
        )  # fmt: skip
        if not taken:
            raise refuse("no_source")

    def _free(self, number_code: str, was: str) -> None:
        self._store.run(
            "UPDATE numbers SET state = 'free', locked_until = NULL WHERE code = ? AND state = ?", number_code, was
        )

    def _use_lock(self, lock_code: str, number_code: str, patient_id: str) -> None:
        lock = self._store.one(
            "SELECT * FROM locks WHERE lock_code = ? AND number_code = ? AND patient_id = ?",
            lock_code, number_code, patient_id,
        )  # fmt: skip
        if lock is None or lock["state"] != "held" or lock["expires_at"] < self._clock.now().isoformat():
            raise refuse("lock_expired")
        self._store.run("UPDATE locks SET state = 'used' WHERE lock_code = ?", lock_code)
        self._store.run("UPDATE numbers SET state = 'taken', locked_until = NULL WHERE code = ?", number_code)

    def _book_money(self, order_number: str, amount_fen: int, business: str, reverses: str = "") -> str:
        line = self._store.next("ledger")
        self._store.run(
            "INSERT INTO ledger VALUES (?,?,?,?,?,?)",
            line, order_number, amount_fen, business, self._clock.now().isoformat(), reverses,
        )  # fmt: skip
        return str(line)

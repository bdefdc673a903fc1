"""What the hospital tells about itself: departments, doctors, sessions, numbers, stopped sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.his.clock import Clock
from sandbox.his.refusals import refuse
from sandbox.his.store import Store
from sandbox.his.world import CLASS_NAMES, CLASSES

Data = dict[str, Any]
_SCHEDULES = """SELECT s.*, (SELECT count(*) FROM numbers n WHERE n.schedule_code = s.code) AS capacity,
    (SELECT count(*) FROM numbers n WHERE n.schedule_code = s.code AND n.state = 'free') AS remaining
    FROM schedules s WHERE """


class Directory:
    """Reads; times and days are ISO texts, money is fen."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def ping(self, _arguments: Mapping[str, Any]) -> Data:
        """{his_time}"""
        return {"his_time": self._clock.now().isoformat()}

    def list_departments(self, _arguments: Mapping[str, Any]) -> Data:
        """{departments: [{code, name, parent_code, campus, place, insurance_code, introduction}], total}"""
        rows = self._store.all("SELECT * FROM departments ORDER BY code")
        return {"departments": rows, "total": len(rows)}

    def list_doctors(self, arguments: Mapping[str, Any]) -> Data:
        """department_code or "" -> {doctors: [{code, name, title, sex, department_code, .., rota}], total}"""
        wanted = arguments.get("department_code", "")
        rows = self._store.all(
            "SELECT * FROM doctors WHERE ? = '' OR department_code = ? ORDER BY code", wanted, wanted
        )
        return {"doctors": rows, "total": len(rows)}

    def list_number_classes(self, _arguments: Mapping[str, Any]) -> Data:
        """{classes: [{code, name, fee_fen}]}"""
        return {"classes": [{"code": code, "name": name, "fee_fen": fee} for code, (name, fee) in CLASSES.items()]}

    def list_schedules(self, arguments: Mapping[str, Any]) -> Data:
        """first_day, last_day, department_code or "" -> {schedules: [..], total}"""
        department = arguments.get("department_code", "")
        rows = self._store.all(
            _SCHEDULES + "s.day BETWEEN ? AND ? AND (? = '' OR s.department_code = ?) ORDER BY s.code",
            str(arguments["first_day"]), str(arguments["last_day"]), department, department,
        )  # fmt: skip
        return {"schedules": [_schedule(row) for row in rows], "total": len(rows)}

    def list_numbers(self, arguments: Mapping[str, Any]) -> Data:
        """schedule_code -> {numbers: [{code, schedule_code, sequence, starts, ends, state}], total}"""
        self.schedule(str(arguments["schedule_code"]))
        rows = self._store.all(
            "SELECT code, schedule_code, sequence, starts, ends, state FROM numbers WHERE schedule_code = ?"
            " ORDER BY sequence",
            arguments["schedule_code"],
        )
        return {"numbers": rows, "total": len(rows)}

    def list_stopped(self, arguments: Mapping[str, Any]) -> Data:
        """first_day, last_day -> {stops: [{schedule_code, day, reason, whole, from_sequence, from_time, ..}]}"""
        rows = self._store.all(
            "SELECT * FROM schedules WHERE stopped_at IS NOT NULL AND day BETWEEN ? AND ? ORDER BY code",
            str(arguments["first_day"]), str(arguments["last_day"]),
        )  # fmt: skip
        return {"stops": [self.stop(row) for row in rows]}

    def schedule(self, code: str) -> Data:
        """One session, or a refusal."""
        row = self._store.one(_SCHEDULES + "s.code = ?", code)
        if row is None:
            raise refuse("not_found", "未查询到排班信息")
        return _schedule(row)

    def stop(self, row: Mapping[str, Any]) -> Data:
        """The stop of a stopped session."""
        first = row["stop_from"]
        number = (
            self._store.one("SELECT starts FROM numbers WHERE schedule_code = ? AND sequence = ?", row["code"], first)
            if first
            else None
        )
        return {
            "schedule_code": row["code"],
            "day": row["day"],
            "reason": row["stop_reason"],
            "whole": first is None,
            "from_sequence": first,
            "from_time": number["starts"] if number else None,
            "decided_at": row["stopped_at"],
        }

    def snapshot(self, first_day: str, last_day: str) -> Data:
        """All sessions of a span of days with all their numbers, as pushed and as a full resynchronisation."""
        schedules = self.list_schedules({"first_day": first_day, "last_day": last_day})["schedules"]
        numbers = self._store.all(
            "SELECT n.code, n.schedule_code, n.sequence, n.starts, n.ends, n.state FROM numbers n"
            " JOIN schedules s ON s.code = n.schedule_code WHERE s.day BETWEEN ? AND ? ORDER BY n.code",
            first_day, last_day,
        )  # fmt: skip
        return {"first_day": first_day, "last_day": last_day, "schedules": schedules, "numbers": numbers}


def _schedule(row: Data) -> Data:
    kept = {key: value for key, value in row.items() if key not in {"stop_reason", "stop_from", "stopped_at"}}
    return {**kept, "class_name": CLASS_NAMES[row["class_code"]]}

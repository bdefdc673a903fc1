"""What goes on in visits after registration: arriving, being called, ending, medicine; each step stays in the books."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.his.clock import Clock
from sandbox.his.desk import Desk
from sandbox.his.refusals import refuse
from sandbox.his.store import Store

Data = dict[str, Any]
STEPS = ("arrived", "called", "missed", "visit_ended", "medicine_ready", "dispatched")
_STATES = {"arrived": "arrived", "visit_ended": "done"}
_TOLD = ("place", "window", "carrier", "tracking_number", "dispensing_number")


class Visits:
    """Works inside the engine's transaction."""

    def __init__(self, store: Store, clock: Clock, desk: Desk) -> None:
        self._store, self._clock, self._desk = store, clock, desk

    def take_step(self, step: str, given: Mapping[str, Any]) -> Data:
        """Lead the visit of a registration (by hub's or own number) a step on; what is to be told of it."""
        if step not in STEPS:
            raise ValueError(f"{step!r} is not one of {', '.join(STEPS)}")
        row = self._desk.registration(given)
        if step in _STATES:
            self._store.run("UPDATE registrations SET state = ? WHERE his_number = ?", _STATES[step], row["his_number"])
        told = {
            "kind": step,
            "his_number": row["his_number"],
            "registration_number": row["hub_number"],
            "patient_id": row["patient_id"],
            "ticket": row["ticket"],
            **{name: str(given.get(name) or "") for name in _TOLD},
        }
        self._store.run(
            "INSERT INTO visit_events (data, happened_at) VALUES (?,?)",
            json.dumps(told, ensure_ascii=False), self._clock.now().isoformat(),
        )  # fmt: skip
        return told

    def list_visit_events(self, arguments: Mapping[str, Any]) -> Data:
        """since -> {events: [{event_number, happened_at, kind, his_number, ..}], total}"""
        rows = self._store.all("SELECT * FROM visit_events WHERE happened_at >= ? ORDER BY id", str(arguments["since"]))
        events = [
            {"event_number": f"V{row['id']:08d}", "happened_at": row["happened_at"], **json.loads(row["data"])}
            for row in rows
        ]
        return {"events": events, "total": len(events)}

    def tell_visit(self, arguments: Mapping[str, Any]) -> Data:
        """registration_number or his_number, kind, ticket, place -> {}; the hub calls here, and this is its word"""
        row, kind = self._desk.registration(arguments), str(arguments["kind"])
        if kind not in STEPS:
            raise refuse("refused", f"不认识的进展：{kind}")
        if kind in _STATES:
            self._store.run("UPDATE registrations SET state = ? WHERE his_number = ?", _STATES[kind], row["his_number"])
        self._store.run(
            "INSERT INTO heard (his_number, kind, ticket, place, heard_at) VALUES (?,?,?,?,?)",
            row["his_number"], kind, str(arguments.get("ticket") or ""), str(arguments.get("place") or ""),
            self._clock.now().isoformat(),
        )  # fmt: skip
        return {}

    def inside(self) -> Data | None:
        """Who was called longest ago and is still in the room."""
        return self._store.one(
            "SELECT r.*, s.place FROM calls c JOIN registrations r ON r.his_number = c.his_number"
            " JOIN schedules s ON s.code = r.schedule_code WHERE c.state = 'called' AND s.day = ?"
            " ORDER BY c.called_at LIMIT 1",
            str(self._clock.now().date()),
        )

    def next_to_call(self, schedule_code: str = "") -> Data | None:
        """Whose turn it is, in one session or anywhere: who came, in order; who was missed; whose time has come."""
        now = self._clock.now()
        return self._store.one(
            "SELECT r.*, s.place FROM registrations r JOIN schedules s ON s.code = r.schedule_code"
            " LEFT JOIN calls c ON c.his_number = r.his_number"
            " WHERE s.day = ? AND (? = '' OR s.code = ?) AND (c.state IS NULL OR c.state = 'missed')"
            " AND (r.state = 'arrived' OR (r.state IN ('paid', 'booked') AND r.starts <= ?))"
            " ORDER BY c.state IS NOT NULL, r.state = 'arrived' DESC, r.starts, r.sequence LIMIT 1",
            str(now.date()), schedule_code, schedule_code, now.isoformat(),
        )  # fmt: skip

    def note_call(self, row: Mapping[str, Any], state: str) -> None:
        """Remember that this one was called, missed or seen."""
        self._store.run(
            "INSERT OR REPLACE INTO calls VALUES (?,?,?,?)",
            row["his_number"], row["schedule_code"], state, self._clock.now().isoformat(),
        )  # fmt: skip

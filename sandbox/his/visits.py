"""What goes on in visits after registration: arriving, being called, ending, medicine; each step stays in the books."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.his.clock import Clock
from sandbox.his.desk import Desk
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

    def next_to_end(self) -> Data | None:
        """The registration whose turn it is to be seen, if anybody's time of today has come."""
        now = self._clock.now()
        return self._store.one(
            "SELECT r.* FROM registrations r JOIN schedules s ON s.code = r.schedule_code"
            " WHERE s.day = ? AND r.starts <= ? AND r.state IN ('arrived', 'paid', 'booked')"
            " ORDER BY r.state = 'arrived' DESC, r.starts LIMIT 1",
            str(now.date()), now.isoformat(),
        )  # fmt: skip

"""What any hospital's system does behind its dialect. Dialects translate; the rules are here.

`engine.call(operation, arguments)` takes and returns plain JSON values: times and days are ISO texts (with +08:00),
money is integer fen. A refusal is raised as `Refusal(reason, text)`. The operations and their fields are the
doc-strings of `Directory`, `Patients`, `Desk` and `Cashier`, and `check_outcome` here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sandbox.his.cashier import Cashier
from sandbox.his.clock import Clock
from sandbox.his.desk import Desk, Rules
from sandbox.his.directory import Directory
from sandbox.his.patients import Patients
from sandbox.his.records import Records
from sandbox.his.refusals import refuse
from sandbox.his.store import Store
from sandbox.his.visits import Visits
from sandbox.his.world import World

Data = dict[str, Any]
COMMANDS = frozenset(
    {
        "create_patient",
        "update_patient",
        "lock_number",
        "unlock_number",
        "register",
        "pay_registration",
        "check_in",
        "tell_visit",
        "cancel_registration",
        "settle_bills",
        "refund_bills",
    }
)


class Engine:
    """One hospital's system. `idempotent`: the same hub number brings the first answer again."""

    def __init__(self, store: Store, clock: Clock, world: World, rules: Rules, *, idempotent: bool = True) -> None:
        self.store, self.clock, self.world = store, clock, world
        self._idempotent = idempotent
        self.directory = Directory(store, clock)
        self.patients = Patients(store)
        self.desk = Desk(store, clock, self.directory, self.patients, rules)
        self.cashier = Cashier(store, clock)
        self.records = Records(store, clock)
        self.visits = Visits(store, clock, self.desk)
        self.operations: dict[str, Callable[[Mapping[str, Any]], Data]] = {
            method.__name__: method
            for method in (
                self.directory.ping,
                self.directory.list_departments,
                self.directory.list_doctors,
                self.directory.list_number_classes,
                self.directory.list_schedules,
                self.directory.list_numbers,
                self.directory.list_stopped,
                self.patients.find_patient,
                self.patients.create_patient,
                self.patients.update_patient,
                self.desk.quote_fee,
                self.desk.lock_number,
                self.desk.unlock_number,
                self.desk.register,
                self.desk.pay_registration,
                self.desk.check_in,
                self.desk.cancel_registration,
                self.desk.list_registrations,
                self.desk.waiting_queue,
                self.visits.list_visit_events,
                self.visits.tell_visit,
                self.cashier.list_pending_bills,
                self.cashier.bill_detail,
                self.cashier.settle_bills,
                self.cashier.refund_bills,
                self.cashier.daily_ledger,
                self.cashier.list_lab_reports,
                self.cashier.lab_report,
                self.cashier.list_paid_bills,
                self.cashier.paid_bill_detail,
                self.cashier.list_invoices,
                self.cashier.pharmacy_queue,
                self.records.inpatient_stay,
                self.records.list_exam_reports,
                self.records.exam_report,
                self.records.list_discharge_summaries,
                self.records.discharge_summary,
                self.check_outcome,
            )
        }

    def call(self, operation: str, arguments: Mapping[str, Any]) -> Data:
        """Do it, in one transaction; commands must carry `hub_number`."""
        if operation not in self.operations:
            raise refuse("not_supported")
        with self.store.work():
            if operation not in COMMANDS:
                return self.operations[operation](arguments)
            return self._command(operation, arguments)

    def _command(self, operation: str, arguments: Mapping[str, Any]) -> Data:
        hub_number = str(arguments["hub_number"])
        content = json.dumps([operation, arguments], sort_keys=True, default=str)
        fingerprint = hashlib.sha256(content.encode()).hexdigest()
        before = self.store.one("SELECT * FROM requests WHERE hub_number = ?", hub_number)
        if before is not None and self._idempotent:
            if before["fingerprint"] != fingerprint:
                raise refuse("number_reused")
            answer: Data = json.loads(before["answer"])
            return answer
        answer = self.operations[operation](arguments)
        self.store.run(
            "INSERT OR REPLACE INTO requests VALUES (?,?,?,?,?)",
            hub_number, operation, fingerprint, json.dumps(answer, ensure_ascii=False), self.clock.now().isoformat(),
        )  # fmt: skip
        return answer

    def check_outcome(self, arguments: Mapping[str, Any]) -> Data:
        """hub_number -> {found: done, absent or undone, operation, answer}"""
        row = self.store.one("SELECT * FROM requests WHERE hub_number = ?", str(arguments["hub_number"]))
        if row is None:
            return {"found": "absent", "operation": "", "answer": {}}
        return {
            "found": "undone" if self._undone(row) else "done",
            "operation": row["operation"],
            "answer": json.loads(row["answer"]),
        }

    def _undone(self, request: Mapping[str, Any]) -> bool:
        if request["operation"] == "register":
            row = self.store.one(
                "SELECT state FROM registrations WHERE hub_number = ? ORDER BY his_number DESC", request["hub_number"]
            )
            return row is None or row["state"] in {"cancelled", "stopped"}
        if request["operation"] == "lock_number":
            row = self.store.one("SELECT state FROM locks WHERE hub_number = ?", request["hub_number"])
            return row is None or row["state"] in {"released", "expired"}
        return False

    def roll(self) -> list[Data]:
        """Make the sessions of new days; a snapshot per new day, to be pushed."""
        days = self.world.roll(self.clock.today())
        return [self.directory.snapshot(str(day), str(day)) for day in days]

    def span(self) -> tuple[str, str]:
        """The first and the last day of the present sessions."""
        today = self.clock.today()
        return str(today), str(today + timedelta(days=self.world.days - 1))

"""What FHIR wants of the books beyond the engine: versions of resources, and which resource a request number made.

Numbers are noted inside the engine's own transaction, by wrapping its commands: whatever way a command comes in, late
or twice, the resource it touched can be found by its number afterwards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.his.fhir_r4.names import OPERATION, REQUEST, Data
from sandbox.his.hospital import Hospital
from sandbox.his.refusals import refuse

_TABLES = (
    "CREATE TABLE IF NOT EXISTS fhir_numbers (number TEXT PRIMARY KEY, kind TEXT, id TEXT, operation TEXT)",
    "CREATE INDEX IF NOT EXISTS fhir_numbers_of ON fhir_numbers (kind, id)",
    "CREATE TABLE IF NOT EXISTS fhir_appointments (his_number TEXT PRIMARY KEY, id TEXT UNIQUE)",
    "CREATE TABLE IF NOT EXISTS fhir_versions (key TEXT PRIMARY KEY, version INTEGER, digest TEXT, updated TEXT)",
    "CREATE TABLE IF NOT EXISTS fhir_subscriptions (id TEXT PRIMARY KEY, resource TEXT)",
    "CREATE INDEX IF NOT EXISTS visit_events_of ON visit_events (json_extract(data, '$.his_number'))",
)
_Touched = Callable[[Mapping[str, Any], Data], tuple[str, str]]


class Books:
    """The FHIR side of one hospital's books."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital, self.store, self._desk = hospital, hospital.store, hospital.engine.desk
        for statement in _TABLES:
            self.store.run(statement)
        touched: dict[str, _Touched] = {
            "create_patient": lambda _, answer: ("Patient", answer["patient_id"]),
            "update_patient": lambda given, _: ("Patient", str(given["patient_id"])),
            "lock_number": lambda _, answer: ("Appointment", answer["lock_code"]),
            "unlock_number": lambda given, _: ("Appointment", self._lock(given)),
            "register": self._registered,
            "pay_registration": self._of_registration,
            "check_in": self._of_registration,
            "tell_visit": self._of_registration,
            "cancel_registration": self._of_registration,
            "settle_bills": lambda _, answer: ("PaymentReconciliation", answer["receipt_number"]),
            "refund_bills": lambda _, answer: ("PaymentReconciliation", answer["receipt_number"]),
        }
        operations = hospital.engine.operations
        for name, which in touched.items():
            operations[name] = self._noting(name, operations[name], which)
        operations["find_resource"] = self.find_resource
        operations["find_registration"] = self.find_registration

    # -- operations beyond the engine's

    def find_resource(self, arguments: Mapping[str, Any]) -> Data:
        """number -> {kind, id} of the resource it made or changed, or {}"""
        return self.store.one("SELECT kind, id FROM fhir_numbers WHERE number = ?", str(arguments["number"])) or {}

    def find_registration(self, arguments: Mapping[str, Any]) -> Data:
        """numbers, his_numbers -> {id} of the appointment under one of them, or {}"""
        for number in arguments["numbers"]:
            found = self.find_resource({"number": number})
            if found.get("kind") == "Appointment":
                return found
        for number in arguments["his_numbers"]:
            if self.store.one("SELECT 1 FROM registrations WHERE his_number = ?", number):
                return {"kind": "Appointment", "id": self.appointment_id(number)}
        return {}

    # -- what resources carry

    def appointment_id(self, his_number: str) -> str:
        """The id of a registration's appointment: that of its lock, if it had one."""
        row = self.store.one("SELECT id FROM fhir_appointments WHERE his_number = ?", his_number)
        return str(row["id"]) if row else his_number

    def registration_of(self, appointment: str) -> Data | None:
        """The registration of an appointment."""
        row = self.store.one("SELECT his_number FROM fhir_appointments WHERE id = ?", appointment)
        number = row["his_number"] if row else appointment
        return self.store.one("SELECT * FROM registrations WHERE his_number = ?", number)

    def numbers(self, kind: str, wanted: str) -> list[Data]:
        """The request numbers of a resource, as identifiers."""
        rows = self.store.all("SELECT * FROM fhir_numbers WHERE kind = ? AND id = ? ORDER BY rowid", kind, wanted)
        return [
            {
                "system": REQUEST,
                "value": row["number"],
                "type": {"coding": [{"system": OPERATION, "code": row["operation"]}]},
            }
            for row in rows
        ]

    def versioned(self, resource: Data) -> Data:
        """The resource with its version: another one as soon as its content is another."""
        key = f"{resource['resourceType']}/{resource['id']}"
        digest = hashlib.sha256(json.dumps(resource, sort_keys=True).encode()).hexdigest()
        row = self.store.one("SELECT * FROM fhir_versions WHERE key = ?", key)
        if row is None or row["digest"] != digest:
            version = row["version"] + 1 if row else 1
            row = {"version": version, "updated": self.hospital.clock.now().isoformat()}
            self.store.run(
                "INSERT OR REPLACE INTO fhir_versions VALUES (?,?,?,?)", key, version, digest, row["updated"]
            )
        meta = {**resource.get("meta", {}), "versionId": str(row["version"]), "lastUpdated": row["updated"]}
        return {**resource, "meta": meta}

    def subscriptions(self) -> list[Data]:
        """What the hub wants to be told."""
        return [json.loads(row["resource"]) for row in self.store.all("SELECT * FROM fhir_subscriptions ORDER BY id")]

    def subscribe(self, resource: Mapping[str, Any]) -> Data:
        """Keep a subscription, active from now on; the same one asked for again is the one there is."""
        alike = [
            known
            for known in self.subscriptions()
            if all(known.get(name) == resource.get(name) for name in ("criteria", "channel"))
        ]
        if alike:
            return alike[0]
        made = {**resource, "id": f"sub-{self.store.next('subscription')}", "status": "active"}
        self.store.run("INSERT INTO fhir_subscriptions VALUES (?,?)", made["id"], json.dumps(made, ensure_ascii=False))
        return made

    # -- parts

    def _noting(self, name: str, work: Callable[[Mapping[str, Any]], Data], which: _Touched) -> Any:
        def noted(given: Mapping[str, Any]) -> Data:
            answer = work(given)
            kind, wanted = which(given, answer)
            self.store.run(
                "INSERT OR REPLACE INTO fhir_numbers VALUES (?,?,?,?)", str(given["hub_number"]), kind, wanted, name
            )
            return answer

        return noted

    def _lock(self, given: Mapping[str, Any]) -> str:
        row = self.store.one(
            "SELECT lock_code FROM locks WHERE hub_number = ? OR lock_code = ?",
            str(given["lock_number"]), str(given.get("lock_code") or "-"),
        )  # fmt: skip
        if row is None:
            raise refuse("not_found")
        return str(row["lock_code"])

    def _registered(self, given: Mapping[str, Any], answer: Data) -> tuple[str, str]:
        lock = str(given.get("lock_code") or "")
        if lock:
            self.store.run("INSERT OR REPLACE INTO fhir_appointments VALUES (?,?)", answer["his_number"], lock)
        return "Appointment", lock or answer["his_number"]

    def _of_registration(self, given: Mapping[str, Any], _answer: Data) -> tuple[str, str]:
        return "Appointment", self.appointment_id(self._desk.registration(given)["his_number"])

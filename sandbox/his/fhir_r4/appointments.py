"""Appointments: locks and registrations as one resource that goes from pending to booked, arrived, cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.his.fhir_r4 import names
from sandbox.his.fhir_r4.books import Books
from sandbox.his.fhir_r4.names import Data, extension, fen, identifiers, reference, target, told, yuan
from sandbox.his.refusals import refuse

_STATUSES = {
    "booked": "booked",
    "paid": "booked",
    "arrived": "arrived",
    "done": "fulfilled",
    "cancelled": "cancelled",
    "stopped": "cancelled",
}


class Appointments:
    """Reads and writes them; commands are the engine's."""

    def __init__(self, books: Books) -> None:
        self._books, self._store = books, books.store
        self._directory = books.hospital.engine.directory

    def resource(self, wanted: str) -> Data:
        """The appointment as it stands, with its version."""
        row = self._books.registration_of(wanted)
        if row is not None:
            return self._books.versioned(self._registration(wanted, row))
        lock = self._store.one("SELECT * FROM locks WHERE lock_code = ?", wanted)
        if lock is None:
            raise refuse("not_found")
        return self._books.versioned(self._lock(lock))

    def slots(self, rows: list[Data]) -> list[Data]:
        """The numbers of registrations."""
        return [row for item in rows if (row := self._number(item["number_code"]))]

    def command(self, body: Mapping[str, Any], known: Mapping[str, Any] | None) -> tuple[str, Data]:
        """Which command a written appointment is, told from what it changes, and its arguments."""
        noted = set(identifiers(known, names.REQUEST)) if known is not None else set()
        new = [number for number in identifiers(body, names.REQUEST) if number not in noted]
        if not new:
            return "", {}
        number, status = new[-1], body.get("status")
        if status == "proposed":
            return self._proposed(body, known, number)
        if known is None:
            raise refuse("refused", f"不能以状态 {status} 新建预约")
        which: Data = {"hub_number": number, "his_number": "", "registration_number": ""}
        if known["status"] == "pending":
            if status != "cancelled":
                raise refuse("refused", f"锁号不能改为 {status}")
            return "unlock_number", {"hub_number": number, "lock_number": "", "lock_code": known["id"]}
        which["his_number"] = identifiers(known, names.REGISTRATION)[0]
        if names.asked_for(body, number) == "tell_visit":
            return "tell_visit", {**which, **_step(body)}
        if status == "cancelled":
            refund = told(body, "refund")
            return "cancel_registration", {**which, "refund_number": _part(refund, "refund-number")}
        if status == "arrived":
            return "check_in", which
        payment = told(body, "payment")
        if payment is None:
            raise refuse("refused", "没有可办理的变更")
        paid = fen((told(payment, "amount") or {})["valueMoney"])
        return "pay_registration", {**which, "order_number": _part(payment, "order-number"), "paid_fen": paid}

    # -- parts

    def _proposed(self, body: Mapping[str, Any], known: Mapping[str, Any] | None, number: str) -> tuple[str, Data]:
        slot = target(body["slot"][0])
        patient = target(body["participant"][0]["actor"])
        row = self._number(slot)
        wanted: Data = {
            "hub_number": number,
            "schedule_code": row["schedule_code"] if row else "",
            "number_code": slot,
            "patient_id": patient,
        }
        hold = told(body, "hold")
        if hold is not None and hold.get("valueBoolean"):
            return "lock_number", wanted
        payment = told(body, "payment")
        return "register", {
            **wanted,
            "fee_fen": fen((told(body, "fee") or {})["valueMoney"]),
            "lock_code": known["id"] if known is not None else "",
            "order_number": _part(payment, "order-number"),
        }

    def _registration(self, wanted: str, row: Mapping[str, Any]) -> Data:
        schedule = self._directory.schedule(row["schedule_code"])
        number = self._number(row["number_code"]) or {}
        extensions = [
            extension("sequence", valueInteger=row["sequence"]),
            extension("fee", valueMoney=yuan(row["fee_fen"])),
        ]
        if row["order_number"]:
            parts = [{"url": "order-number", "valueString": row["order_number"]}]
            extensions.append(extension("payment", extension=[*parts, _amount(row["fee_fen"])]))
        if row["ticket"]:
            extensions.append(self._queue(row, schedule))
        extensions += self._heard(row["his_number"])
        if row["state"] == "cancelled" and row["order_number"]:
            extensions.append(self._refund(row))
        own = [{"system": names.REGISTRATION, "value": row["his_number"]}]
        own += [{"system": names.RECEIPT, "value": row["receipt_number"]}] if row["receipt_number"] else []
        made = self._common(wanted, row["patient_id"], number, schedule, extensions, own)
        made["status"] = _STATUSES[row["state"]]
        if made["status"] == "cancelled":
            code = "prov" if row["state"] == "stopped" else "pat"
            made["cancelationReason"] = names.concept(names.CANCELLED, code)
        return made

    def _lock(self, lock: Mapping[str, Any]) -> Data:
        number = self._number(lock["number_code"]) or {}
        schedule = self._directory.schedule(number["schedule_code"])
        extensions = [
            extension("sequence", valueInteger=number["sequence"]),
            extension("expires-at", valueDateTime=lock["expires_at"]),
        ]
        made = self._common(lock["lock_code"], lock["patient_id"], number, schedule, extensions, [])
        return {**made, "status": "pending" if lock["state"] == "held" else "cancelled"}

    def _common(
        self, wanted: str, patient: str, number: Mapping[str, Any], schedule: Mapping[str, Any],
        extensions: list[Data], own: list[Data],
    ) -> Data:  # fmt: skip
        return {
            "resourceType": "Appointment",
            "id": wanted,
            "extension": extensions,
            "identifier": [*own, *self._books.numbers("Appointment", wanted)],
            "start": number["starts"],
            "end": number["ends"],
            "slot": [reference("Slot", number["code"])],
            "participant": [
                {"actor": reference("Patient", patient), "status": "accepted"},
                {"actor": reference("HealthcareService", schedule["department_code"]), "status": "accepted"},
                {"actor": {"type": "Location", "display": schedule["place"]}, "status": "accepted"},
            ],
        }

    def _queue(self, row: Mapping[str, Any], schedule: Mapping[str, Any]) -> Data:
        ahead = self._store.number(
            "SELECT count(*) FROM registrations WHERE schedule_code = ? AND state = 'arrived' AND sequence < ?",
            row["schedule_code"], row["sequence"],
        )  # fmt: skip
        parts = [
            {"url": "ticket", "valueString": row["ticket"]},
            {"url": "ahead", "valueInteger": ahead},
            {"url": "place", "valueString": schedule["place"]},
        ]
        return extension("queue", extension=parts)

    def _heard(self, his_number: str) -> list[Data]:
        """The step the hub told last, where it calls."""
        row = self._store.one("SELECT * FROM heard WHERE his_number = ? ORDER BY id DESC LIMIT 1", his_number)
        if row is None:
            return []
        parts: list[Data] = [
            {"url": "step", "valueCode": row["kind"]}, {"url": "at", "valueDateTime": row["heard_at"]}
        ]  # fmt: skip
        parts += [{"url": name, "valueString": row[name]} for name in ("ticket", "place") if row[name]]
        return [extension("visit-step", extension=parts)]

    def _refund(self, row: Mapping[str, Any]) -> Data:
        line = self._store.one(
            "SELECT line_number FROM ledger WHERE reverses = ? AND amount_fen <= 0", row["receipt_number"]
        )
        parts = [{"url": "receipt-number", "valueString": str(line["line_number"])}] if line else []
        return extension("refund", extension=[*parts, _amount(row["fee_fen"])])

    def _number(self, code: str) -> Data | None:
        return self._store.one("SELECT * FROM numbers WHERE code = ?", code)


def _amount(amount_fen: int) -> Data:
    return {"url": "amount", "valueMoney": yuan(amount_fen)}


def _step(body: Mapping[str, Any]) -> Data:
    step = told(body, "visit-step")
    kind = told(step, "step") if step is not None else None
    if kind is None:
        raise refuse("refused", "扩展 visit-step 里没有 step")
    return {"kind": kind["valueCode"], "ticket": _part(step, "ticket"), "place": _part(step, "place")}


def _part(extension_: Mapping[str, Any] | None, name: str) -> str:
    part = told(extension_, name) if extension_ is not None else None
    return str(part["valueString"]) if part is not None else ""

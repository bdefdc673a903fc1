"""Searches: which of the engine's operations answers them, and the resources its answer becomes."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

from sandbox.his.clock import ZONE
from sandbox.his.fhir_r4 import directory, money, names, records
from sandbox.his.fhir_r4.appointments import Appointments
from sandbox.his.fhir_r4.books import Books
from sandbox.his.fhir_r4.names import Data
from sandbox.his.hospital import Delivery, Hospital
from sandbox.his.refusals import refuse

Query = dict[str, list[str]]
Ask = Callable[[str, Data], Awaitable[Delivery]]
_KNOWN = {
    "HealthcareService": {"active", "_summary"},
    "PractitionerRole": {"active", "service", "_include"},
    "ChargeItemDefinition": {"_tag"},
    "Schedule": {"date", "actor", "_tag"},
    "Slot": {"schedule"},
    "Patient": {"identifier"},
    "Appointment": {"identifier", "date", "status", "patient", "_include"},
    "Invoice": {"subject", "type", "status", "date", "_id", "identifier"},
    "PaymentReconciliation": {"created", "identifier", "_sort"},
    "Encounter": {"subject", "class", "_lastUpdated"},
    "MedicationDispense": {"subject", "status", "_lastUpdated"},
    "DiagnosticReport": {"subject", "category", "issued", "_id", "_include"},
    "Composition": {"subject", "type", "date", "_id", "_include"},
    "Subscription": {"url"},
}


@dataclass(slots=True)
class Page:
    """What a search found: all of it, with the server's own count, or a delivery that is no success."""

    delivery: Delivery
    matches: list[Data] = field(default_factory=list)
    included: list[Data] = field(default_factory=list)
    total: int = 0

    @classmethod
    def of(cls, delivery: Delivery, matches: list[Data], included: list[Data] | None = None) -> Page:
        """Of an answer of the engine; a list it cut short is counted as it should have been (F11)."""
        total = max(int(delivery.data.get("total", 0)), len(matches))
        return cls(delivery, matches, included or [], total)


class Searches:
    """All searches of one hospital."""

    def __init__(self, hospital: Hospital) -> None:
        self.books = Books(hospital)
        self.appointments = Appointments(self.books)
        self._engine, self._store = hospital.engine, hospital.store
        self._of: dict[str, Callable[[Query, Ask], Awaitable[Page]]] = {
            "HealthcareService": self._departments,
            "PractitionerRole": self._doctors,
            "ChargeItemDefinition": self._classes,
            "Schedule": self._schedules,
            "Slot": self._numbers,
            "Patient": self._patients,
            "Appointment": self._registrations,
            "Invoice": self._invoices,
            "PaymentReconciliation": self._payments,
            "Encounter": self._encounters,
            "MedicationDispense": self._dispenses,
            "DiagnosticReport": self._reports,
            "Composition": self._summaries,
            "Subscription": self._subscriptions,
        }

    async def run(self, kind: str, query: Query, ask: Ask) -> Page:
        """The whole result; parameters nobody knows are refused, as `handling=strict` asks."""
        if kind not in self._of:
            return Page(Delivery(refusal=refuse("not_supported", f"{kind} 不支持查询")))
        odd = set(query) - _KNOWN[kind] - {"_count"}
        if odd:
            return Page(Delivery(refusal=refuse("refused", f"不支持的查询参数 {' '.join(sorted(odd))}")))
        return await self._of[kind](query, ask)

    # -- the hospital itself

    async def _departments(self, _query: Query, ask: Ask) -> Page:
        answer = await ask("list_departments", {})
        return Page.of(answer, [directory.department(row) for row in answer.data.get("departments", ())])

    async def _doctors(self, query: Query, ask: Ask) -> Page:
        answer = await ask("list_doctors", {"department_code": _id(query, "service")})
        rows = answer.data.get("doctors", ())
        people = [directory.practitioner(row) for row in rows if not row["rota"]]
        return Page.of(answer, [directory.role(row) for row in rows], people)

    async def _classes(self, _query: Query, ask: Ask) -> Page:
        answer = await ask("list_number_classes", {})
        return Page.of(answer, [directory.number_class(row) for row in answer.data.get("classes", ())])

    async def _schedules(self, query: Query, ask: Ask) -> Page:
        span = _span(query["date"])
        if "_tag" in query:
            answer = await ask("list_stopped", span)
            rows = answer.data.get("stops", ())
            return Page.of(answer, [self.schedule(row["schedule_code"]) for row in rows])
        answer = await ask("list_schedules", {**span, "department_code": _id(query, "actor")})
        return Page.of(answer, [self.schedule_of(row) for row in answer.data.get("schedules", ())])

    async def _numbers(self, query: Query, ask: Ask) -> Page:
        answer = await ask("list_numbers", {"schedule_code": _id(query, "schedule")})
        return Page.of(answer, [directory.slot(row) for row in answer.data.get("numbers", ())])

    def schedule(self, code: str) -> Data:
        """One session."""
        return self.schedule_of(self._engine.directory.schedule(code))

    def schedule_of(self, row: Data) -> Data:
        """A session, with its stop if it has one."""
        stopped = self._store.one("SELECT * FROM schedules WHERE code = ? AND stopped_at IS NOT NULL", row["code"])
        stop = self._engine.directory.stop(stopped) if stopped is not None else None
        rota = self._store.number("SELECT rota FROM doctors WHERE code = ?", row["doctor_code"])
        return directory.schedule(row, stop, rota=bool(rota))

    # -- people and their appointments

    async def _patients(self, query: Query, ask: Ask) -> Page:
        system, _, value = query["identifier"][0].partition("|")
        if system == names.REQUEST:
            answer = await ask("find_resource", {"number": value})
            found = [answer.data["id"]] if answer.data.get("kind") == "Patient" else []
            return Page.of(answer, [self.patient(wanted) for wanted in found])
        answer = await ask(
            "find_patient", {"document_type": system.removeprefix(names.DOCUMENT), "document_number": value}
        )
        return Page.of(answer, [self.patient(row["id"]) for row in answer.data.get("patients", ())])

    def patient(self, wanted: str) -> Data:
        """One archive."""
        row = self._store.one("SELECT * FROM patients WHERE id = ?", wanted)
        if row is None:
            raise refuse("not_found")
        return self.books.versioned(directory.patient(row, self.books.numbers("Patient", wanted)))

    async def _registrations(self, query: Query, ask: Ask) -> Page:
        if "date" not in query:
            tokens = [token.partition("|")[::2] for token in query["identifier"][0].split(",")]
            numbers = [value for system, value in tokens if system == names.REQUEST]
            own = [value for system, value in tokens if system == names.REGISTRATION]
            answer = await ask("find_registration", {"numbers": numbers, "his_numbers": own})
            found = [answer.data["id"]] if answer.data.get("id") else []
            return Page.of(answer, [self.appointments.resource(wanted) for wanted in found])
        answer = await ask("list_registrations", {**_span(query["date"]), "patient_id": _id(query, "patient")})
        rows = list(answer.data.get("registrations", ()))
        matches = [self.appointments.resource(self.books.appointment_id(row["his_number"])) for row in rows]
        return Page.of(answer, matches, [directory.slot(row) for row in self.appointments.slots(rows)])

    # -- money

    async def _invoices(self, query: Query, ask: Ask) -> Page:
        patient, kind = _id(query, "subject"), query.get("type", ["|"])[0].rpartition("|")[2]
        if "_id" in query:
            return await self._bills(query["_id"][0].split(","), patient, ask)
        if "identifier" in query:
            settlement = query["identifier"][0].rpartition("|")[2]
            answer = await ask("paid_bill_detail", {"patient_id": patient, "settlement_number": settlement})
            items = answer.data.get("items", [])
            return Page.of(answer, [money.detail(patient, settlement, items)] if items else [])
        if kind == "bill":
            answer = await ask("list_pending_bills", {"patient_id": patient})
            rows = answer.data.get("bills", ())
            return Page.of(answer, [money.bill(row, self._items(row["code"])) for row in rows])
        span = {"patient_id": patient, **_span(query["date"])}
        answer = await ask("list_paid_bills", span)
        invoices = {row["number"]: row for row in self._engine.cashier.list_invoices(span)["invoices"]}
        rows = answer.data.get("bills", ())
        return Page.of(answer, [money.receipt(patient, row, invoices[row["receipt_number"].zfill(10)]) for row in rows])

    async def _bills(self, codes: list[str], patient: str, ask: Ask) -> Page:
        answer = await ask("bill_detail", {"bill_codes": codes})
        rows = [
            row
            for code in codes
            if (row := self._store.one("SELECT * FROM bills WHERE code = ? AND patient_id = ?", code, patient))
        ]
        return Page.of(answer, [money.bill(row, self._items(row["code"])) for row in rows])

    def _items(self, code: str) -> list[Data]:
        items: list[Data] = self._engine.cashier.bill_detail({"bill_codes": [code]})["items"]
        return items

    async def _payments(self, query: Query, ask: Ask) -> Page:
        if "identifier" in query:
            number = query["identifier"][0].rpartition("|")[2]
            answer = await ask("find_resource", {"number": number})
            found = [answer.data["id"]] if answer.data.get("kind") == "PaymentReconciliation" else []
            return Page.of(answer, [self.payment(wanted) for wanted in found])
        answer = await ask("daily_ledger", {"day": query["created"][0], "offset": 0, "limit": 100_000})
        rows = answer.data.get("lines", ())
        return Page.of(answer, [self.payment(str(row["line_number"])) for row in rows])

    def payment(self, line: str) -> Data:
        """A line of the day book."""
        row = self._store.one("SELECT * FROM ledger WHERE line_number = ?", int(line))
        if row is None:
            raise refuse("not_found")
        return money.reconciliation(row, self.books.numbers("PaymentReconciliation", line))

    # -- visits and documents

    async def _encounters(self, query: Query, ask: Ask) -> Page:
        if query.get("class", [""])[0].endswith("|IMP"):
            patient = _id(query, "subject")
            answer = await ask("inpatient_stay", {"patient_id": patient})
            return Page.of(answer, [records.stay(row, patient) for row in answer.data.get("stays", ())])
        answer = await ask("list_visit_events", {"since": _since(query)})
        touched = [row for row in answer.data.get("events", ()) if row["kind"] in records.ENCOUNTER_STEPS]
        matches = [self.visit(number) for number in dict.fromkeys(row["his_number"] for row in touched)]
        return Page(answer, matches, total=len(matches))

    async def _dispenses(self, query: Query, ask: Ask) -> Page:
        if "subject" in query:
            patient = _id(query, "subject")
            answer = await ask("pharmacy_queue", {"patient_id": patient})
            return Page.of(answer, [records.queued(row, patient) for row in answer.data.get("places", ())])
        answer = await ask("list_visit_events", {"since": _since(query)})
        touched = [row for row in answer.data.get("events", ()) if row["kind"] not in records.ENCOUNTER_STEPS]
        numbers = dict.fromkeys(row["his_number"] for row in touched)
        matches = [one for number in numbers for one in self.dispenses(number)]
        return Page(answer, matches, total=len(matches))

    def visit(self, his_number: str) -> Data:
        """The encounter of a registration, out of all its steps."""
        events = [event for event in self._events(his_number) if event["kind"] in records.ENCOUNTER_STEPS]
        return records.visit(events, self._of_registration(his_number))

    def dispenses(self, his_number: str) -> list[Data]:
        """The dispensings of a registration."""
        events = [event for event in self._events(his_number) if event["kind"] not in records.ENCOUNTER_STEPS]
        grouped: dict[str, list[Data]] = {}
        for event in events:
            grouped.setdefault(_dispensing(event), []).append(event)
        own = self._of_registration(his_number)
        return [records.dispense(wanted, of, own) for wanted, of in grouped.items()]

    def dispense_of(self, event: Data) -> Data:
        """The dispensing an event belongs to."""
        wanted = _dispensing(event)
        return next(one for one in self.dispenses(event["his_number"]) if one["id"] == wanted)

    def _events(self, his_number: str) -> list[Data]:
        rows = self._store.all(
            "SELECT * FROM visit_events WHERE json_extract(data, '$.his_number') = ? ORDER BY id", his_number
        )
        return [{"happened_at": row["happened_at"], **json.loads(row["data"])} for row in rows]

    def _of_registration(self, his_number: str) -> list[Data]:
        numbers = self.books.numbers("Appointment", self.books.appointment_id(his_number))
        return [one for one in numbers if one["type"]["coding"][0]["code"] == "register"]

    async def _reports(self, query: Query, ask: Ask) -> Page:
        patient = _id(query, "subject")
        if "_id" in query:
            return await self._report(query["_id"][0], patient, ask)
        laboratory = query["category"][0].endswith("|LAB")
        operation, category = ("list_lab_reports", "LAB") if laboratory else ("list_exam_reports", "RAD")
        answer = await ask(operation, {"patient_id": patient, **_span(query["issued"])})
        return Page.of(answer, [records.report(row, patient, category) for row in answer.data.get("reports", ())])

    async def _report(self, code: str, patient: str, ask: Ask) -> Page:
        laboratory = bool(self._store.number("SELECT count(*) FROM reports WHERE code = ?", code))
        operation, made = ("lab_report", records.lab) if laboratory else ("exam_report", records.exam)
        if laboratory and not self._store.number(
            "SELECT count(*) FROM reports WHERE code = ? AND patient_id = ?", code, patient
        ):
            return Page(Delivery())
        answer = await ask(operation, {"patient_id": patient, "report_code": code})
        return _one(answer, patient, made)

    async def _summaries(self, query: Query, ask: Ask) -> Page:
        patient = _id(query, "subject")
        if "_id" in query:
            answer = await ask("discharge_summary", {"patient_id": patient, "report_code": query["_id"][0]})
            return _one(answer, patient, records.summary)
        answer = await ask("list_discharge_summaries", {"patient_id": patient, **_span(query["date"])})
        return Page.of(answer, [records.summary_head(row, patient) for row in answer.data.get("reports", ())])

    async def _subscriptions(self, query: Query, _ask: Ask) -> Page:
        rows = self.books.subscriptions()
        return Page.of(Delivery(), [row for row in rows if row["channel"]["endpoint"] == query["url"][0]])


_held: WeakKeyDictionary[Hospital, Searches] = WeakKeyDictionary()


def searches_of(hospital: Hospital) -> Searches:
    """The one of a hospital, for its port and for its notifications: its books are opened once."""
    if hospital not in _held:
        _held[hospital] = Searches(hospital)
    return _held[hospital]


def _one(answer: Delivery, patient: str, made: Callable[[Any, str], tuple[Data, list[Data]]]) -> Page:
    if answer.refusal is not None and answer.refusal.reason == "not_found":
        return Page(Delivery())  # a search that finds nothing is no failure
    if answer.refusal is not None or answer.cut or answer.hang:
        return Page(answer)
    resource, beside = made(answer.data, patient)
    return Page.of(answer, [resource], beside)


def _dispensing(event: Data) -> str:
    return str(event["dispensing_number"] or f"D-{event['his_number']}-{event['kind']}").replace("_", "-")


def _id(query: Query, name: str) -> str:
    return query[name][0].rpartition("/")[2] if name in query else ""


def _since(query: Query) -> str:
    """`ge` and a time in any zone, as the engine has it."""
    since = datetime.fromisoformat(query["_lastUpdated"][0].removeprefix("ge"))
    return since.astimezone(ZONE).isoformat()


def _span(values: list[str]) -> Data:
    """`ge2026-01-05`, `le2026-01-06` as the engine has it."""
    first = next(value.removeprefix("ge") for value in values if value.startswith("ge"))
    last = next(value.removeprefix("le") for value in values if value.startswith("le"))
    return {"first_day": first, "last_day": last}

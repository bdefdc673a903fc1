"""Every operation of the dialect: how it is asked, and what a server must have for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from institution_connectors.adapters.fhir_r4.mapping import (
    appointments,
    bills,
    booking,
    directory,
    patients,
    records,
    systems,
    visits,
)
from institution_connectors.adapters.fhir_r4.statement import Need
from institution_connectors.adapters.fhir_r4.talk import Talk
from institution_connectors.contracts import CheckOutcome, Found, Operation, OutcomeChecked, Result


@dataclass(frozen=True, slots=True)
class Route:
    """`ask` takes the request class of its operation; the table in this module is the proof that they match."""

    ask: Callable[[Talk, Any], Result]
    needs: tuple[Need, ...]


def check_outcome(talk: Talk, request: CheckOutcome) -> OutcomeChecked:
    """The resource that carries our request number."""
    kind = (
        "Appointment" if request.asked in appointments.OUTCOMES
        else "Patient" if request.asked in {Operation.CREATE_PATIENT, Operation.UPDATE_PATIENT}
        else "PaymentReconciliation"
    )  # fmt: skip
    node = talk.one(kind, [("identifier", f"{systems.REQUEST}|{request.hub_number}")])
    if node is None:
        return OutcomeChecked(found=Found.ABSENT)
    if kind == "Patient":
        return OutcomeChecked(found=Found.DONE, result=patients.outcome(node, request.asked))
    if kind == "Appointment":
        return appointments.outcome(node, request.asked)
    return bills.outcome(node)


def _search(*kinds: str) -> tuple[Need, ...]:
    return tuple(Need(kind=kind, interaction="search-type") for kind in kinds)


def _create(kind: str) -> Need:
    return Need(kind=kind, interaction="create", conditional=True)


def _does(kind: str, *interactions: str) -> tuple[Need, ...]:
    return tuple(Need(kind=kind, interaction=interaction) for interaction in interactions)


_CHANGE = _does("Appointment", "search-type", "read", "update")

ROUTES: dict[Operation, Route] = {
    Operation.PING: Route(directory.ping, _search("HealthcareService")),
    Operation.LIST_DEPARTMENTS: Route(directory.list_departments, _search("HealthcareService")),
    Operation.LIST_DOCTORS: Route(directory.list_doctors, _search("PractitionerRole")),
    Operation.LIST_NUMBER_CLASSES: Route(directory.list_number_classes, _search("ChargeItemDefinition")),
    Operation.LIST_SCHEDULES: Route(directory.list_schedules, _search("Schedule")),
    Operation.LIST_NUMBERS: Route(directory.list_numbers, _search("Slot")),
    Operation.LIST_STOPPED: Route(directory.list_stopped, _search("Schedule")),
    Operation.FIND_PATIENT: Route(patients.find_patient, _search("Patient")),
    Operation.CREATE_PATIENT: Route(patients.create_patient, (_create("Patient"),)),
    Operation.UPDATE_PATIENT: Route(patients.update_patient, _does("Patient", "read", "update")),
    Operation.QUOTE_FEE: Route(booking.quote_fee, _does("Schedule", "$quote")),
    Operation.LOCK_NUMBER: Route(booking.lock_number, (_create("Appointment"),)),
    Operation.UNLOCK_NUMBER: Route(booking.unlock_number, _CHANGE),
    Operation.REGISTER: Route(booking.register, (_create("Appointment"),)),
    Operation.PAY_REGISTRATION: Route(booking.pay_registration, _CHANGE),
    Operation.CHECK_IN: Route(booking.check_in, _CHANGE),
    Operation.TELL_VISIT: Route(visits.tell_visit, _CHANGE),
    Operation.CANCEL_REGISTRATION: Route(booking.cancel_registration, _CHANGE),
    Operation.LIST_REGISTRATIONS: Route(booking.list_registrations, _search("Appointment")),
    Operation.LIST_VISIT_EVENTS: Route(visits.list_visit_events, _search("Encounter", "MedicationDispense")),
    Operation.CHECK_OUTCOME: Route(check_outcome, _search("Appointment")),
    Operation.WAITING_QUEUE: Route(booking.waiting_queue, _search("Appointment")),
    Operation.LIST_PENDING_BILLS: Route(bills.list_pending_bills, _search("Invoice")),
    Operation.BILL_DETAIL: Route(bills.bill_detail, _search("Invoice")),
    Operation.SETTLE_BILLS: Route(bills.settle_bills, (_create("PaymentReconciliation"),)),
    Operation.REFUND_BILLS: Route(bills.refund_bills, (_create("PaymentReconciliation"),)),
    Operation.LIST_PAID_BILLS: Route(bills.list_paid_bills, _search("Invoice")),
    Operation.PAID_BILL_DETAIL: Route(bills.paid_bill_detail, _search("Invoice")),
    Operation.DAILY_LEDGER: Route(bills.daily_ledger, _search("PaymentReconciliation")),
    Operation.LIST_INVOICES: Route(bills.list_invoices, _search("Invoice")),
    Operation.INPATIENT_STAY: Route(records.inpatient_stay, _search("Encounter")),
    Operation.PHARMACY_QUEUE: Route(visits.pharmacy_queue, _search("MedicationDispense")),
    Operation.LIST_LAB_REPORTS: Route(records.list_lab_reports, _search("DiagnosticReport")),
    Operation.LAB_REPORT: Route(records.lab_report, _search("DiagnosticReport")),
    Operation.LIST_EXAM_REPORTS: Route(records.list_exam_reports, _search("DiagnosticReport")),
    Operation.EXAM_REPORT: Route(records.exam_report, _search("DiagnosticReport")),
    Operation.LIST_DISCHARGE_SUMMARIES: Route(records.list_discharge_summaries, _search("Composition")),
    Operation.DISCHARGE_SUMMARY: Route(records.discharge_summary, _search("Composition")),
}

"""Every operation of the dialect: its address, its body, its result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from institution_connectors.adapters.rest_json.errors import Unreadable
from institution_connectors.adapters.rest_json.mapping import bodies, care, results
from institution_connectors.adapters.rest_json.mapping.words import Row, Words
from institution_connectors.contracts import Found, Operation, OutcomeChecked, Result


@dataclass(frozen=True, slots=True)
class Route:
    """`body` takes the request class of its operation; the table in this module is the proof that they match."""

    path: str
    body: Callable[[Any, Words], dict[str, Any]]
    result: Callable[[Row], Result]


def _outcome(row: Row) -> OutcomeChecked:
    found = row.text("found")
    if found not in {item.value for item in Found}:
        raise Unreadable("found is not one of done absent undone")
    if found != Found.DONE:
        return OutcomeChecked(found=Found(found))
    business = row.text("business")
    if business not in {str(operation) for operation in ROUTES}:
        raise Unreadable(f"business {business!r} is no operation")
    return OutcomeChecked(found=Found.DONE, result=ROUTES[Operation(business)].result(row.within("data")))


ROUTES: dict[Operation, Route] = {
    Operation.PING: Route("system/time", bodies.nothing, results.pong),
    Operation.LIST_DEPARTMENTS: Route("dept/list", bodies.nothing, results.departments),
    Operation.LIST_DOCTORS: Route("doctor/list", bodies.list_doctors, results.doctors),
    Operation.LIST_NUMBER_CLASSES: Route("reg/level", bodies.nothing, results.number_classes),
    Operation.LIST_SCHEDULES: Route("schedule/list", bodies.list_schedules, results.schedules),
    Operation.LIST_NUMBERS: Route("schedule/numbers", bodies.list_numbers, results.numbers),
    Operation.LIST_STOPPED: Route("schedule/stopped", bodies.span, results.stops),
    Operation.FIND_PATIENT: Route("patient/query", bodies.find_patient, results.patients),
    Operation.CREATE_PATIENT: Route("patient/create", bodies.create_patient, results.patient_created),
    Operation.UPDATE_PATIENT: Route("patient/update", bodies.update_patient, results.done),
    Operation.QUOTE_FEE: Route("reg/fee", bodies.quote_fee, results.fee_quote),
    Operation.LOCK_NUMBER: Route("schedule/lock", bodies.lock_number, results.locked),
    Operation.UNLOCK_NUMBER: Route("schedule/unlock", bodies.unlock_number, results.done),
    Operation.REGISTER: Route("reg/commit", bodies.register, results.registered),
    Operation.PAY_REGISTRATION: Route("reg/pay", bodies.pay_registration, results.registered),
    Operation.CHECK_IN: Route("reg/sign", bodies.check_in, results.checked_in),
    Operation.TELL_VISIT: Route("visit/tell", bodies.tell_visit, results.done),
    Operation.CANCEL_REGISTRATION: Route("reg/refund", bodies.cancel_registration, results.cancelled),
    Operation.LIST_REGISTRATIONS: Route("reg/list", bodies.list_registrations, results.registrations),
    Operation.LIST_VISIT_EVENTS: Route("visit/events", bodies.list_visit_events, results.visit_reports),
    Operation.CHECK_OUTCOME: Route("trade/check", bodies.check_outcome, _outcome),
    Operation.WAITING_QUEUE: Route("queue/waiting", bodies.waiting_queue, results.queue_state),
    Operation.LIST_PENDING_BILLS: Route("unpaid/list", bodies.list_pending_bills, results.bills),
    Operation.BILL_DETAIL: Route("unpaid/details", bodies.bill_detail, results.bill_items),
    Operation.SETTLE_BILLS: Route("charge/commit", bodies.settle_bills, results.settled),
    Operation.REFUND_BILLS: Route("charge/refund", bodies.refund_bills, results.settled),
    Operation.DAILY_LEDGER: Route("trade/list", bodies.daily_ledger, results.ledger),
    Operation.LIST_LAB_REPORTS: Route("sample/list", care.of_span, results.reports),
    Operation.LAB_REPORT: Route("sample/report", bodies.lab_report, results.lab_report),
    Operation.LIST_PAID_BILLS: Route("paid/list", care.of_span, care.paid_bills),
    Operation.PAID_BILL_DETAIL: Route("paid/details", care.paid_bill_detail, results.bill_items),
    Operation.LIST_INVOICES: Route("invoice/list", care.of_span, care.invoices),
    Operation.INPATIENT_STAY: Route("inpatient/list", care.of_patient, care.stays),
    Operation.PHARMACY_QUEUE: Route("queue/pharmacy", care.of_patient, care.dispensing_queue),
    Operation.LIST_EXAM_REPORTS: Route("exam/list", care.of_span, care.reports),
    Operation.EXAM_REPORT: Route("exam/report", care.of_report, care.exam_report),
    Operation.LIST_DISCHARGE_SUMMARIES: Route("discharge/list", care.of_span, care.reports),
    Operation.DISCHARGE_SUMMARY: Route("discharge/report", care.of_report, care.discharge_summary),
}

"""Bodies of requests."""

from __future__ import annotations

from typing import Any

from institution_connectors.adapters.rest_json.mapping.words import Words, stamp
from institution_connectors.contracts import (
    BillDetail,
    CancelRegistration,
    CheckIn,
    CheckOutcome,
    CreatePatient,
    DailyLedger,
    FindPatient,
    LabReport,
    ListDoctors,
    ListNumbers,
    ListPendingBills,
    ListRegistrations,
    ListSchedules,
    ListStopped,
    ListVisitEvents,
    LockNumber,
    Payment,
    PayRegistration,
    QuoteFee,
    RefundBills,
    Register,
    Request,
    SettleBills,
    TellVisit,
    UnlockNumber,
    UpdatePatient,
    WaitingQueue,
)

Body = dict[str, Any]


def nothing(_request: Request, _words: Words) -> Body:
    """An operation without parameters."""
    return {}


def list_doctors(request: ListDoctors, _words: Words) -> Body:
    return {"dept_id": request.department_code}


def span(request: ListStopped, _words: Words) -> Body:
    return {"start_date": request.first_day.isoformat(), "end_date": request.last_day.isoformat()}


def list_schedules(request: ListSchedules, _words: Words) -> Body:
    return {
        "start_date": request.first_day.isoformat(),
        "end_date": request.last_day.isoformat(),
        "dept_id": request.department_code,
    }


def list_numbers(request: ListNumbers, _words: Words) -> Body:
    return {"schedule_no": request.schedule_code}


def find_patient(request: FindPatient, _words: Words) -> Body:
    return {"cert_type": request.document_type, "cert_no": request.document_number, "name": request.name}


def create_patient(request: CreatePatient, words: Words) -> Body:
    return {"hub_no": request.hub_number, **words.person(request.patient)}


def update_patient(request: UpdatePatient, words: Words) -> Body:
    return {"hub_no": request.hub_number, "patient_id": request.patient.his_id, **words.person(request.patient)}


def quote_fee(request: QuoteFee, _words: Words) -> Body:
    return {
        "schedule_no": request.schedule_code,
        "birthday": request.patient.birth_date.isoformat(),
        "cert_type": request.patient.document_type,
        "cert_no": request.patient.document_number,
        "patient_id": request.patient.his_id,
    }


def lock_number(request: LockNumber, _words: Words) -> Body:
    return {
        "hub_no": request.hub_number,
        "schedule_no": request.schedule_code,
        "number_id": request.number_code,
        "patient_id": request.patient.his_id,
    }


def unlock_number(request: UnlockNumber, _words: Words) -> Body:
    return {"hub_no": request.hub_number, "lock_hub_no": request.lock_number, "pre_id": request.lock_code}


def register(request: Register, words: Words) -> Body:
    return {
        "hub_no": request.hub_number,
        "schedule_no": request.schedule_code,
        "number_id": request.number_code,
        "see_no": request.sequence,
        "start_time": stamp(request.starts),
        "patient_id": request.patient.his_id,
        "reg_fee": words.amount(request.fee_fen),
        "pre_id": request.lock_code,
        **(_payment(request.payment, words) if request.payment else {}),
    }


def pay_registration(request: PayRegistration, words: Words) -> Body:
    return {
        "hub_no": request.hub_number,
        "reg_hub_no": request.registration_number,
        "reg_id": request.his_number,
        **_payment(request.payment, words),
    }


def check_in(request: CheckIn, _words: Words) -> Body:
    return {
        "hub_no": request.hub_number,
        "reg_hub_no": request.registration_number,
        "reg_id": request.his_number,
    }


def tell_visit(request: TellVisit, _words: Words) -> Body:
    return {
        "hub_no": request.hub_number,
        "reg_hub_no": request.registration_number,
        "reg_id": request.his_number,
        "event": str(request.kind),
        "event_time": stamp(request.occurred_at),
        "queue_no": request.ticket,
        "address": request.place,
    }


def cancel_registration(request: CancelRegistration, words: Words) -> Body:
    body: Body = {
        "hub_no": request.hub_number,
        "reg_hub_no": request.registration_number,
        "reg_id": request.his_number,
        "reason": request.reason,
    }
    if request.refund is not None:
        body["return_trade_no"] = request.refund.refund_number
        body["trade_no"] = request.refund.order_number
        body["refund_fee"] = words.amount(request.refund.amount_fen)
    return body


def list_registrations(request: ListRegistrations, _words: Words) -> Body:
    return {
        "start_date": request.first_day.isoformat(),
        "end_date": request.last_day.isoformat(),
        "patient_id": request.his_patient_id,
    }


def list_visit_events(request: ListVisitEvents, _words: Words) -> Body:
    return {"since": stamp(request.since)}


def check_outcome(request: CheckOutcome, _words: Words) -> Body:
    return {"hub_no": request.hub_number, "business": str(request.asked)}


def waiting_queue(request: WaitingQueue, _words: Words) -> Body:
    return {"reg_hub_no": request.registration_number, "reg_id": request.his_number}


def list_pending_bills(request: ListPendingBills, _words: Words) -> Body:
    return {"patient_id": request.his_patient_id}


def bill_detail(request: BillDetail, _words: Words) -> Body:
    return {"patient_id": request.his_patient_id, "recipe_list": list(request.bill_codes)}


def settle_bills(request: SettleBills, words: Words) -> Body:
    return {
        "hub_no": request.hub_number,
        "patient_id": request.his_patient_id,
        "recipe_list": list(request.bill_codes),
        **_payment(request.payment, words),
    }


def refund_bills(request: RefundBills, words: Words) -> Body:
    return {
        "hub_no": request.hub_number,
        "setl_no": request.settlement_number,
        "return_trade_no": request.refund.refund_number,
        "trade_no": request.refund.order_number,
        "refund_fee": words.amount(request.refund.amount_fen),
    }


def daily_ledger(request: DailyLedger, _words: Words) -> Body:
    return {"day": request.day.isoformat(), "offset": request.offset, "length": request.limit}


def lab_report(request: LabReport, _words: Words) -> Body:
    return {"patient_id": request.his_patient_id, "sample_id": request.report_code}


def _payment(payment: Payment, words: Words) -> Body:
    return {
        "trade_no": payment.order_number,
        "trade_channel": payment.channel,
        "trade_channel_payid": payment.channel_number,
        "pay_fee": words.amount(payment.amount_fen),
        "time_payed": stamp(payment.paid_at),
    }

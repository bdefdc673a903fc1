"""Columns of the request table, a small function for each business."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from institution_connectors.adapters.exchange_db.errors import NotCarried
from institution_connectors.adapters.exchange_db.mapping.words import Words
from institution_connectors.contracts import (
    BindHealthCard,
    CancelRegistration,
    CheckIn,
    CheckOutcome,
    CreatePatient,
    FindPatient,
    LockNumber,
    Operation,
    Patient,
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
)

Columns = dict[str, Any]


def columns_of(request: Request, words: Words) -> Columns:
    """What the hub writes of `request`, without its number; `NotCarried` if a column can't hold it."""
    written = WRITERS[request.operation](request, words)
    return {name: words.stored(name, value) for name, value in written.items() if value not in ("", None)}


def _find_patient(request: FindPatient, _: Words) -> Columns:
    return {
        "cert_type": request.document_type,
        "cert_no": request.document_number,
        "patient_name": request.name,
    }


def _create_patient(request: CreatePatient, _: Words) -> Columns:
    return _person(request.patient)


def _update_patient(request: UpdatePatient, _: Words) -> Columns:
    return {"patient_no": request.patient.his_id, **_person(request.patient)}


def _bind_health_card(request: BindHealthCard, _: Words) -> Columns:
    return {"patient_no": request.his_patient_id, "health_card": request.health_card}


def _quote_fee(request: QuoteFee, _: Words) -> Columns:
    return {
        "schedule_no": request.schedule_code,
        "patient_no": request.patient.his_id,
        "cert_type": request.patient.document_type,
        "cert_no": request.patient.document_number,
        "birth_date": request.patient.birth_date,
    }


def _lock_number(request: LockNumber, _: Words) -> Columns:
    return {
        "schedule_no": request.schedule_code,
        "number_no": request.number_code,
        "patient_no": request.patient.his_id,
    }


def _unlock_number(request: UnlockNumber, _: Words) -> Columns:
    return {"lock_request_no": request.lock_number, "lock_no": request.lock_code}


def _register(request: Register, words: Words) -> Columns:
    return {
        "schedule_no": request.schedule_code,
        "number_no": request.number_code,
        "sequence_no": request.sequence,
        "start_time": request.starts,
        "patient_no": request.patient.his_id,
        "fee": words.amount(request.fee_fen),
        "lock_request_no": request.lock_number,
        "lock_no": request.lock_code,
        **_paid(request.payment, words),
    }


def _pay_registration(request: PayRegistration, words: Words) -> Columns:
    return {
        "reg_request_no": request.registration_number,
        "reg_no": request.his_number,
        **_paid(request.payment, words),
    }


def _check_in(request: CheckIn, _: Words) -> Columns:
    return {"reg_request_no": request.registration_number, "reg_no": request.his_number}


def _tell_visit(request: TellVisit, _: Words) -> Columns:
    return {
        "reg_request_no": request.registration_number,
        "reg_no": request.his_number,
        "event": request.kind.value,
        "event_time": request.occurred_at,
        "queue_no": request.ticket,
        "place": request.place,
    }


def _cancel_registration(request: CancelRegistration, words: Words) -> Columns:
    refund = request.refund
    return {
        "reg_request_no": request.registration_number,
        "reg_no": request.his_number,
        "reason": request.reason,
        "refund_no": refund.refund_number if refund else "",
        "order_no": refund.order_number if refund else "",
        "refund_amount": words.amount(refund.amount_fen) if refund else None,
    }


def _check_outcome(request: CheckOutcome, _: Words) -> Columns:
    return {"check_request_no": request.hub_number, "check_business": str(request.asked)}


def _settle_bills(request: SettleBills, words: Words) -> Columns:
    if any("," in code for code in request.bill_codes):
        raise NotCarried("bill_nos: a bill number holds a comma")
    return {
        "patient_no": request.his_patient_id,
        "bill_nos": ",".join(request.bill_codes),
        **_paid(request.payment, words),
    }


def _refund_bills(request: RefundBills, words: Words) -> Columns:
    return {
        "settlement_no": request.settlement_number,
        "refund_no": request.refund.refund_number,
        "order_no": request.refund.order_number,
        "refund_amount": words.amount(request.refund.amount_fen),
    }


def _paid(payment: Payment | None, words: Words) -> Columns:
    if payment is None:
        return {}
    return {
        "order_no": payment.order_number,
        "pay_channel": payment.channel,
        "channel_no": payment.channel_number,
        "pay_amount": words.amount(payment.amount_fen),
        "paid_at": payment.paid_at,
    }


def _person(patient: Patient) -> Columns:
    guardian = patient.guardian
    return {
        "patient_name": patient.name,
        "cert_type": patient.document_type,
        "cert_no": patient.document_number,
        "sex": str(patient.sex),
        "birth_date": patient.birth_date,
        "mobile": patient.phone,
        "home_address": patient.address,
        "health_card": patient.health_card,
        "guardian_name": guardian.name if guardian else "",
        "guardian_cert_type": guardian.document_type if guardian else "",
        "guardian_cert_no": guardian.document_number if guardian else "",
        "guardian_mobile": guardian.phone if guardian else "",
    }


WRITERS: dict[Operation, Callable[[Any, Words], Columns]] = {
    Operation.FIND_PATIENT: _find_patient,
    Operation.CREATE_PATIENT: _create_patient,
    Operation.UPDATE_PATIENT: _update_patient,
    Operation.BIND_HEALTH_CARD: _bind_health_card,
    Operation.QUOTE_FEE: _quote_fee,
    Operation.LOCK_NUMBER: _lock_number,
    Operation.UNLOCK_NUMBER: _unlock_number,
    Operation.REGISTER: _register,
    Operation.PAY_REGISTRATION: _pay_registration,
    Operation.CHECK_IN: _check_in,
    Operation.TELL_VISIT: _tell_visit,
    Operation.CANCEL_REGISTRATION: _cancel_registration,
    Operation.CHECK_OUTCOME: _check_outcome,
    Operation.SETTLE_BILLS: _settle_bills,
    Operation.REFUND_BILLS: _refund_bills,
}

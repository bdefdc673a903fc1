"""What notifications does on events: SMS go out, and payments' own facts are told."""

from __future__ import annotations

from hub import money
from hub.accounts import outside
from hub.accounts.services.residents import phone_of
from hub.outbox.events import Delivery, Permanent, RunsIn, handles
from hub.tenancy.scope import region
from hub.tenancy.statements import Select
from hub.work import Unit
from regional_services.notifications import selectors, services, steps
from regional_services.notifications.events import SmsAsked
from regional_services.notifications.models import Message, SmsState
from regional_services.payments import selectors as payments
from regional_services.payments.events import LatePayment, RefundFinished
from tenants.registry import selectors as registry

_SMS_TEMPLATE = "notice"
_QUEUED = Select(Message, "id = %(id)s AND sms = 'queued'")


@handles(SmsAsked, runs_in=RunsIn.OUTSIDE)
def send_sms(event: SmsAsked, _delivery: Delivery) -> None:
    """Hand the message to the gateway under its own id, so that a repeat is not a second SMS."""
    with region(read_only=True):
        row = _QUEUED.first(id=event.message_id)
    if row is None:
        return
    phone = phone_of(row.account_id)
    if phone is None:
        services.note_sms(row.id, SmsState.NO_PHONE)
        return
    text = selectors.message_view(row).text
    try:
        outside.send_sms(to=phone, template=_SMS_TEMPLATE, params={"text": text}, message_id=str(row.id))
    except Permanent:
        services.note_sms(row.id, SmsState.REFUSED)
        return
    services.note_sms(row.id, SmsState.SENT)


@handles(LatePayment, runs_in=RunsIn.REGION)
def tell_late_payment(event: LatePayment, unit: Unit) -> None:
    """The payer learns that his money is on its way back."""
    order = payments.order(event.order_id)
    if order is not None:
        _tell(unit, order, "payments.returned", event, event.amount_fen)


@handles(RefundFinished, runs_in=RunsIn.REGION)
def tell_failed_refund(event: RefundFinished, unit: Unit) -> None:
    """The payer learns that a person has to see to his refund; a finished one is the booking's news."""
    order = None if event.succeeded else payments.order(event.order_id)
    if order is not None:
        _tell(unit, order, "payments.refund_failed", event, order.amount_fen)


def _tell(
    unit: Unit, order: payments.OrderView, template: str, event: LatePayment | RefundFinished, amount_fen: int
) -> None:
    steps.send(
        unit,
        template=template,
        account_id=order.payer_account_id,
        person_id=order.patient_id,
        institution_code=order.institution_code,
        about=event.refund_id,
        facts={
            "institution": registry.institution(order.institution_code).name,
            "fee": money.display(amount_fen),
        },
    )

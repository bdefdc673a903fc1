"""What notifications does on events: messages find their way, and payments' own facts are told."""

from __future__ import annotations

from datetime import timedelta

from hub.accounts.events import HandleBound, HandleUnbound
from hub.outbox.events import Delivery, RunsIn, Temporary, handles
from hub.work import Unit
from regional_services.notifications import planning, sending, signing_in, steps
from regional_services.notifications.catalogue import Channel
from regional_services.notifications.events import DeliveryDue, DeliveryReported, MessageStored
from regional_services.payments import selectors as payments
from regional_services.payments.events import LatePayment, RefundFinished
from tenants.registry import selectors as registry

_ANSWER_LAGS = timedelta(minutes=10)  # WeChat's report may be here before the answer that names what it is about


@handles(MessageStored, runs_in=RunsIn.REGION)
def plan(event: MessageStored, unit: Unit) -> None:
    """The message takes the first of its reader's channels."""
    planning.plan(unit, event.message_id)


@handles(DeliveryDue, runs_in=RunsIn.OUTSIDE)
def deliver(event: DeliveryDue, delivery: Delivery) -> None:
    """Hand it to its channel; a repeat finds where it stands."""
    sending.deliver(event.delivery_id, delivery)


@handles(DeliveryReported, runs_in=RunsIn.REGION)
def take_report(event: DeliveryReported, unit: Unit) -> None:
    """Store what the channel says became of it."""
    if sending.report(unit, event.channel, event.key, delivered=event.delivered, reason=event.reason):
        return
    if event.channel is Channel.WECHAT and unit.now < event.reported_at + _ANSWER_LAGS:
        raise Temporary("no delivery of that name yet", retry_after=2)
    unit.audit("delivery.report_unknown", target=f"{event.channel}:{event.key}", outcome="failure")


@handles(HandleBound, runs_in=RunsIn.REGION)
def tell_bound(event: HandleBound, unit: Unit) -> None:
    """The account's holder learns of another way in."""
    signing_in.tell(unit, event.account_id, event.handle_id, kind="accounts.bound")


@handles(HandleUnbound, runs_in=RunsIn.REGION)
def tell_unbound(event: HandleUnbound, unit: Unit) -> None:
    """He learns that one is gone; so does whoever holds the phone that opened it."""
    signing_in.tell(unit, event.account_id, event.handle_id, kind="accounts.unbound")


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
    unit: Unit, order: payments.OrderView, kind: str, event: LatePayment | RefundFinished, amount_fen: int
) -> None:
    steps.send(
        unit,
        kind=kind,
        account_id=order.payer_account_id,
        person_id=order.patient_id,
        institution_code=order.institution_code,
        about=event.refund_id,
        facts={"institution": registry.institution(order.institution_code).name, "fee": amount_fen},
    )

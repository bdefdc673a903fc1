"""What payments does on its own events: talks with the channel outside, notices inside."""

from __future__ import annotations

from hub.outbox.events import Delivery, RunsIn, handles
from hub.work import Unit
from regional_services.payments import cashier, conversations, notices
from regional_services.payments.events import (
    AttemptCheckDue,
    AttemptCloseAsked,
    CashierTaskClosed,
    NotificationStored,
    PrepayAsked,
    RefundAsked,
    RefundCheckDue,
)


@handles(PrepayAsked, runs_in=RunsIn.OUTSIDE)
def prepare(event: PrepayAsked, _delivery: Delivery) -> None:
    """Make the attempt ready at its channel."""
    conversations.prepare(event.attempt_id)


@handles(AttemptCloseAsked, runs_in=RunsIn.OUTSIDE)
def close(event: AttemptCloseAsked, _delivery: Delivery) -> None:
    """Close the attempt at its channel."""
    conversations.close(event.attempt_id)


@handles(AttemptCheckDue, runs_in=RunsIn.OUTSIDE)
def check(event: AttemptCheckDue, _delivery: Delivery) -> None:
    """Ask what became of the attempt."""
    conversations.check(event.attempt_id)


@handles(RefundAsked, runs_in=RunsIn.OUTSIDE)
def give_back(event: RefundAsked, _delivery: Delivery) -> None:
    """Ask the channel for the refund."""
    conversations.give_back(event.refund_id)


@handles(RefundCheckDue, runs_in=RunsIn.OUTSIDE)
def check_refund(event: RefundCheckDue, _delivery: Delivery) -> None:
    """Ask what became of the refund."""
    conversations.check_refund(event.refund_id)


@handles(CashierTaskClosed, runs_in=RunsIn.REGION)
def follow_cashier(event: CashierTaskClosed, unit: Unit) -> None:
    """Bring the money to what the cashier did."""
    cashier.follow(unit, event.task_id)


@handles(NotificationStored, runs_in=RunsIn.REGION)
def act_on_notice(event: NotificationStored, unit: Unit) -> None:
    """Read the stored notice and do what it says."""
    notices.act(unit, event.notification_id)

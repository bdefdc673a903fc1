"""What payments told the owner of a booking: recorded by a subscriber of the tests' own."""

from __future__ import annotations

from hub.outbox.events import RunsIn, handles
from hub.outbox.relay import drain
from hub.work import Unit
from regional_services.payments.events import (
    BookingMoneyEvent,
    CashierTaskOpened,
    LatePayment,
    OrderClosed,
    OrderPaid,
    RefundFinished,
)
from regional_services.payments.selectors import OrderView

_heard: list[BookingMoneyEvent] = []


def _subscribe(event: type[BookingMoneyEvent]) -> None:
    def hear(fact: BookingMoneyEvent, _unit: Unit) -> None:
        _heard.append(fact)

    hear.__name__ = f"hear_{event.__name__}"
    handles(event, runs_in=RunsIn.REGION)(hear)


for _event in (CashierTaskOpened, LatePayment, OrderClosed, OrderPaid, RefundFinished):
    _subscribe(_event)


def events_of(order: OrderView) -> list[BookingMoneyEvent]:
    """The facts about an order, in the order of their delivery."""
    drain()
    return [fact for fact in _heard if fact.order_id == order.id]


def facts_of(order: OrderView) -> list[str]:
    """Their names."""
    return [fact.NAME for fact in events_of(order)]

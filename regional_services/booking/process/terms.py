"""What can happen to a booking, what decisions depend on, and what a decision is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from regional_services.booking.models import Settlement, State


class Input(StrEnum):
    """What can happen to a booking."""

    HELD = "held"
    HOLD_REFUSED = "hold_refused"
    LOCKED = "locked"
    QUOTED = "quoted"
    UNQUOTED = "unquoted"
    BOOKED = "booked"
    REFUSED = "refused"
    ORDER_PAID = "order_paid"
    ORDER_CLOSED = "order_closed"
    REGISTERED = "registered"
    CANCEL_ASKED = "cancel_asked"
    PAY_DEADLINE = "pay_deadline"
    HARD_DEADLINE = "hard_deadline"
    CUTOFF_WINDOW = "cutoff_window"
    CUTOFF_RELEASE = "cutoff_release"
    RELEASED = "released"
    CANCELLED = "cancelled"
    CANCEL_REFUSED = "cancel_refused"
    STOPPED = "stopped"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    PAYMENT_REFUSED = "payment_refused"
    VISIT_ENDED = "visit_ended"


class Effect(StrEnum):
    """What `steps.advance` has to do in the same transaction."""

    OPEN_ORDER = "open_order"
    CLOSE_ORDER = "close_order"
    REFUND = "refund"
    WANT_CONFIRM = "want_confirm"
    WANT_RELEASE = "want_release"
    WANT_CANCEL = "want_cancel"
    FREE_RESERVATION = "free_reservation"
    RETAKE_RESERVATION = "retake_reservation"
    TELL_BOOKED = "tell_booked"
    TELL_PAID = "tell_paid"
    TELL_PAY = "tell_pay"
    TELL_ENDED = "tell_ended"
    TELL_REFUSED = "tell_refused"
    TELL_REFUNDED = "tell_refunded"
    TELL_WINDOW = "tell_window"
    TELL_PAY_AT_WINDOW = "tell_pay_at_window"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The part of a booking that decisions depend on.

    `fee` is of the price as it is known now, `quoting` says that the hospital is still to name this person's price;
    `ordered` tells whether an order is or may be open.
    """

    state: State
    settlement: Settlement
    wish: State | None = None
    fee: bool = True
    pay_on_day: bool = False
    his_locked: bool = False
    quoting: bool = False
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The new standing (None keeps a value) and the effects, in order."""

    state: State | None = None
    settlement: Settlement | None = None
    wish: State | None = None
    clear_wish: bool = False
    effects: tuple[Effect, ...] = ()


class NotAllowed(Exception):
    """A person asked for something this state forbids; machine inputs that come late are ignored instead."""

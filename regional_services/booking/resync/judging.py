"""What one booking asks of the other books after a return: pure, one booking at a time.

Which side is believed depends on what came back. The district's booking knows more than a hospital's schema of
yesterday; a hospital's schema knows more than a district of yesterday.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from regional_services.booking.models import Booking, Cause, His, Settlement, State
from regional_services.booking.process import ENDED, Effect, Input
from regional_services.payments.selectors import OrderView
from tenants.appointments.asks import PaymentFacts
from tenants.appointments.models import ACTIVE
from tenants.appointments.models import Settlement as AppointmentSettlement
from tenants.appointments.models import State as AppointmentState
from tenants.appointments.resync import Over, Standing, Wanted
from tenants.patients.steps import PatientIdentity

_HELD = frozenset({State.AWAITING_PAYMENT, State.CONFIRMING})
_STANDING = frozenset({State.BOOKED, State.CANCELLING})
_ENDINGS = {
    State.CANCELLED: AppointmentState.CANCELLED,
    State.EXPIRED: AppointmentState.RELEASED,
    State.STOPPED: AppointmentState.STOPPED,
    State.FAILED: AppointmentState.CANCELLED,
}
_FOLLOWS = {
    AppointmentState.CANCELLED: Input.CANCELLED,
    AppointmentState.RELEASED: Input.RELEASED,
    AppointmentState.STOPPED: Input.STOPPED,
}
# What a booking had asked of its hospital, and must ask again where the hospital has forgotten it.
REPEATED = {State.CONFIRMING: Effect.WANT_CONFIRM, State.CANCELLING: Effect.WANT_CANCEL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is to be done: the appointment is to be so, or to end, or the booking follows what its hospital says."""

    wanted: Wanted | None = None
    over: Over | None = None
    follows: Input | None = None


def judge(
    booking: Booking,
    cause: Cause,
    standing: Standing | None,
    payment: PaymentFacts | None,
    identity: PatientIdentity | None,
) -> Judgement:
    """Judge one booking. States that end by themselves within minutes (new, locking, closing) are left to the sweep."""
    if cause is Cause.PUBLIC and standing is not None:
        follows = _followed(booking, standing)
        if follows is not None:
            return Judgement(follows=follows)
    state = State(booking.state)
    if state in ENDED:
        return Judgement(over=Over(booking_id=booking.id, state=_ENDINGS[state], reason=booking.reason or "预约已结束"))
    if state in _HELD | _STANDING:
        held = state in _HELD
        return Judgement(wanted=_wanted(booking, held=held, payment=payment, identity=identity))
    return Judgement()


def _followed(booking: Booking, standing: Standing) -> Input | None:
    """The district is of yesterday: what the hospital did since is made known to the booking."""
    state = standing.state
    if state in ACTIVE:
        booked = state is AppointmentState.BOOKED and booking.state == State.CONFIRMING
        return Input.BOOKED if booked else None
    if state is AppointmentState.CANCELLED and booking.state == State.BOOKED:
        return Input.CANCEL_ASKED  # whoever asked for it is forgotten; asked again, the hospital has it cancelled
    return None if booking.state in ENDED else _FOLLOWS.get(state)


def forgotten_registration(booking: Booking, cause: Cause, standing: Standing | None) -> bool:
    """Whether the hospital's system has what a district of yesterday still waits to hear of."""
    if cause is not Cause.PUBLIC or standing is None or booking.his == His.REGISTERED:
        return False
    return standing.registered and standing.state in ACTIVE and booking.state not in ENDED


def forgotten_payment(booking: Booking, cause: Cause, standing: Standing | None, payment: PaymentFacts | None) -> str:
    """The number of a payment its hospital knows of and a district of yesterday does not; nothing otherwise."""
    if cause is not Cause.PUBLIC or standing is None or payment is not None or booking.settlement != Settlement.UNPAID:
        return ""
    return standing.payment_number if standing.state in ACTIVE else ""


def _wanted(booking: Booking, *, held: bool, payment: PaymentFacts | None, identity: PatientIdentity | None) -> Wanted:
    unpaid = AppointmentSettlement.UNPAID if booking.fee_fen else AppointmentSettlement.FREE
    return Wanted(
        booking_id=booking.id,
        person_id=booking.person_id,
        number_id=booking.number_id,
        session_id=booking.session_id,
        department_id=booking.department_id,
        visit_date=booking.visit_date,
        sequence=booking.sequence or 1,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        fee_fen=booking.fee_fen,
        state=AppointmentState.HELD if held else AppointmentState.BOOKED,
        settlement=AppointmentSettlement.PAID if payment and not held else unpaid,
        payment=None if held else payment,
        identity=identity,
        created_at=booking.created_at,
    )


def paid(booking: Booking, orders: Mapping[UUID, OrderView], facts: Mapping[UUID, PaymentFacts]) -> PaymentFacts | None:
    """The payment a booking stands on; None while it is unpaid or its money is on the way back."""
    order = orders.get(booking.id)
    if order is None or booking.settlement != Settlement.PAID:
        return None
    return facts.get(order.id)

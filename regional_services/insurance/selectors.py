"""What is known of vouchers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count

from hub import clock
from hub.actor import Actor
from hub.security.permissions import require
from regional_services.booking import access as booking_access
from regional_services.insurance.models import OPEN, Activation, VoucherState
from regional_services.insurance.permissions import VIEW


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherView:
    """The last activation of a person; `state` is None where nobody tapped yet."""

    booking_id: UUID
    state: VoucherState | None
    reason: str = ""
    asked_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether the insurer has not said yes or no."""
        return self.state in OPEN

    @property
    def may_ask(self) -> bool:
        """Whether a tap makes sense: never tapped, or refused."""
        return self.state in (None, VoucherState.REJECTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationRow:
    """One activation in the district's list: nothing personal."""

    number: str
    state: VoucherState
    reason: str
    attempts: int
    asked_at: datetime
    answered_at: datetime | None


def voucher_of(actor: Actor, booking_id: UUID) -> VoucherView:
    """What is known of the voucher of this booking's patient; BookingNotFound. Two queries."""
    booking = booking_access.own_booking(actor, booking_id)
    row = Activation.objects.filter(person_id=booking.person_id).order_by("-asked_at").first()
    if row is None:
        return VoucherView(booking_id=booking_id, state=None)
    return VoucherView(booking_id=booking_id, state=VoucherState(row.state), reason=row.reason, asked_at=row.asked_at)


def activations(actor: Actor, *, state: str = "", skip: int = 0, limit: int = 51) -> list[ActivationRow]:
    """All of them, newest first, or those in a state. One query."""
    require(actor, VIEW)
    rows = Activation.objects.order_by("-asked_at")
    if state in VoucherState.values:
        rows = rows.filter(state=state)
    return [
        ActivationRow(
            number=row.number,
            state=VoucherState(row.state),
            reason=row.reason,
            attempts=row.attempts,
            asked_at=row.asked_at,
            answered_at=row.answered_at,
        )
        for row in rows[skip : skip + limit]
    ]


def counts(actor: Actor, since: date) -> list[tuple[VoucherState, int]]:
    """How many of each outcome since a day. One query."""
    require(actor, VIEW)
    rows = Activation.objects.filter(asked_at__gte=clock.at(since, clock.MIDNIGHT))
    found = dict(rows.values_list("state").annotate(count=Count("id")))
    return [(state, found.get(state, 0)) for state in VoucherState]

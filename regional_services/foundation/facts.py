"""What is told: the events with their versions and fields, as docs/interfaces/data_foundation.md declares them.

A field may be added to a version; what changes its meaning or takes one away is the next version (`v2`) beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings

from regional_services.booking.models import His, Settlement, State
from regional_services.booking.selectors import BookingView

TYPES = "cn.health-district-hub"
_CLAIMED = frozenset({State.LOCKING, State.AWAITING_PAYMENT, State.CONFIRMING, State.BOOKED})
_GONE = frozenset({State.CANCELLED, State.EXPIRED, State.STOPPED, State.FAILED})


class Kind(StrEnum):
    """The list of events; the version is a part of the name."""

    MADE = "booking.made.v1"
    REGISTERED = "booking.registered.v1"
    PAID = "booking.paid.v1"
    CANCELLED = "booking.cancelled.v1"
    REFUNDED = "booking.refunded.v1"
    VISIT_ENDED = "booking.visit_ended.v1"
    INSTITUTION = "master.institution.v1"
    DEPARTMENT = "master.department.v1"
    DOCTOR = "master.doctor.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingFact:
    """The data of every booking event: as the booking stood when it was told. `person` is a keyed reference."""

    booking: UUID
    institution: str
    department: UUID
    session: UUID
    person: str | None
    visit_date: date
    starts_at: datetime
    ends_at: datetime
    fee_fen: int
    state: str
    settlement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionRecord:
    """An institution of the district; `state` is its life on the hub."""

    institution: str
    name: str
    short_name: str
    kind: str
    level: str
    ward: str
    address: str
    phone: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentRecord:
    """A department; `code` is the hospital's own."""

    department: UUID
    institution: str
    code: str
    name: str
    parent: UUID | None
    location: str
    service: str
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorRecord:
    """A doctor's post in a department; the practitioner is the same person in every hospital."""

    doctor: UUID
    practitioner: UUID
    institution: str
    department: UUID
    code: str
    name: str
    title: str
    is_active: bool


def envelope(kind: Kind, event_id: UUID, subject: str, at: datetime, data: Any) -> dict[str, Any]:
    """A CloudEvent 1.0 in its JSON format, with the fields of `data`, a dataclass of this module."""
    return {
        "specversion": "1.0",
        "id": str(event_id),
        "source": settings.PUBLIC_ORIGIN,
        "type": f"{TYPES}.{kind}",
        "subject": subject,
        "time": at,
        "datacontenttype": "application/json",
        "data": asdict(data),
    }


def news(booking: BookingView, state: State, settlement: Settlement, told: Sequence[str]) -> list[Kind]:
    """What is to be told of a booking that stands so, after all that was `told` of it, in that order.

    Made and cancelled take turns: a booking that expired can come back by a payment that arrives late. All others are
    told once. A hold the hospital refused at once was never told as made, and is not told as cancelled.
    """
    life = next((kind for kind in reversed(told) if kind in {Kind.MADE, Kind.CANCELLED}), None)
    wanted = {
        Kind.MADE: state in _CLAIMED and life != Kind.MADE,
        Kind.REGISTERED: booking.his == His.REGISTERED and Kind.REGISTERED not in told,
        Kind.PAID: settlement == Settlement.PAID and Kind.PAID not in told,
        Kind.CANCELLED: state in _GONE and (life == Kind.MADE or (life is None and state != State.FAILED)),
        Kind.REFUNDED: settlement == Settlement.REFUNDED and Kind.REFUNDED not in told,
        Kind.VISIT_ENDED: state == State.FULFILLED and Kind.VISIT_ENDED not in told,
    }
    return [kind for kind, is_new in wanted.items() if is_new]

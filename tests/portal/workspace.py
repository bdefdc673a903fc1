"""A hospital with bookings, and its people at their desks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connections

from hub import clock
from hub.accounts import steps as accounts
from hub.accounts.models import HandleKind, User
from hub.outbox.relay import drain
from hub.tenancy.scope import hospital, region
from regional_services.booking.models import Booking
from regional_services.booking.selectors import BookingView
from tenants.patients.models import PatientArchive
from tests.booking import world


def booked(code: str, *, fee_fen: int = 0, phone: str = "") -> tuple[BookingView, world.Resident]:
    """One resident's standing booking for tomorrow; the hospital's own system is not asked. `phone`: his account's."""
    session = world.open_for_booking(code, 4, fee_fen=fee_fen, pay_on_day=fee_fen > 0)
    who = world.resident()
    if phone:
        with region():
            accounts.add_handle(User.objects.get(id=str(who.actor.id)), HandleKind.PHONE, phone)
    booking = world.book(code, session, who)
    drain(outside=False)
    return booking, who


def archive_of(code: str, who: world.Resident) -> PatientArchive:
    """The hospital's archive of a resident."""
    with hospital(code, read_only=True):
        return PatientArchive.objects.get(person_id=who.person_id)


def audited(code: str, action: str) -> list[dict[str, Any]]:
    """Entries of a hospital's audit."""
    with hospital(code, read_only=True), connections["hospital"].cursor() as cursor:
        cursor.execute("SELECT actor_name, target, reason, detail FROM hospital_audit WHERE action = %s", [action])
        names = ("actor", "target", "reason", "detail")
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@contextmanager
def tomorrow() -> Iterator[None]:
    """The visit day."""
    with clock.shifted(timedelta(days=1)):
        yield


def state_of(booking_id: UUID) -> str:
    """Where a booking stands."""
    return Booking.objects.get(id=booking_id).state

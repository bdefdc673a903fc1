"""The only ways a booking reaches a view."""

from __future__ import annotations

from uuid import UUID

from hub.actor import Actor, ActorKind
from hub.tenancy.scope import region
from regional_services.booking.errors import BookingNotFound
from regional_services.booking.models import Booking
from regional_services.booking.selectors import BookingView, booking_view
from regional_services.identity import access as identity_access
from regional_services.identity import purposes


def own_booking(actor: Actor, booking_id: UUID) -> Booking:
    """A booking this resident made, or one of a person he may act for; BookingNotFound otherwise (JA-APPT-19)."""
    booking = Booking.objects.filter(id=booking_id).first()
    if booking is None or actor.id is None or actor.kind is not ActorKind.RESIDENT:
        raise BookingNotFound
    if booking.account_id != actor.id:
        identity_access.patient_for(actor, booking.person_id, purposes.BOOKING)
    return booking


def booking_of_institution(actor: Actor, booking_id: UUID) -> BookingView:
    """A booking of the staff member's own hospital (row-level security holds it too); BookingNotFound otherwise."""
    if actor.institution is None or not actor.may("booking.view"):
        raise BookingNotFound
    with region(read_only=True, staff_of=actor.institution):
        booking = Booking.objects.filter(id=booking_id, institution_code=actor.institution).first()
    if booking is None:
        raise BookingNotFound
    return booking_view(booking)

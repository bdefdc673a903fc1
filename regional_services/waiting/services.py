"""What residents do about their place in line."""

from __future__ import annotations

from uuid import UUID

from hub.actor import Actor
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.booking import access as bookings
from regional_services.identity.access import account
from regional_services.waiting import access
from regional_services.waiting.models import Follower
from tenants.queueing import arriving
from tenants.queueing.errors import WrongRoom
from tenants.queueing.presence import Position
from tenants.queueing.selectors import Person


def arrive_by_place(*, actor: Actor, booking_id: UUID, position: Position) -> Person:
    """Check in by where the phone is. Raises BookingNotFound and the refusals of `arriving.by_place`."""
    booking = bookings.own_booking(actor, booking_id)
    return arriving.by_place(
        actor=actor, hospital=booking.institution_code, booking_id=booking_id, position=position
    )


def arrive_by_code(*, actor: Actor, booking_id: UUID, code: str) -> Person:
    """Check in by the code on a clinic's wall; WrongRoom for another hospital's too."""
    booking = bookings.own_booking(actor, booking_id)
    hospital, department_id = arriving.read_door_code(code)
    if hospital != booking.institution_code:
        raise WrongRoom("这是另一家医院的签到码，请到您预约的医院扫码。")
    return arriving.by_code(actor=actor, hospital=hospital, booking_id=booking_id, department_id=department_id)


def follow(*, actor: Actor, booking_id: UUID) -> None:
    """Follow somebody's visit live, messages included; NoPlace for whom the patient's relation does not allow it."""
    place = access.own_place(actor, booking_id)
    with work(REGION, actor=actor) as unit:
        Follower.objects.bulk_create(
            [
                Follower(
                    institution_code=place.institution_code,
                    booking_id=booking_id,
                    account_id=account(actor),
                    person_id=place.person_id,
                    since=unit.now,
                )
            ],
            ignore_conflicts=True,
        )
        unit.audit("waiting.followed", target=f"booking:{booking_id}")


def unfollow(*, actor: Actor, booking_id: UUID) -> None:
    """Follow no longer."""
    with work(REGION, actor=actor) as unit:
        Follower.objects.filter(booking_id=booking_id, account_id=account(actor)).delete()
        unit.audit("waiting.unfollowed", target=f"booking:{booking_id}")

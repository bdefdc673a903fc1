"""What people are told of their place in line. Wording lives in notifications; each fact has an id, told once."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid5

from hub.errors import HubError
from hub.actor import Actor, ActorKind
from hub.work import Unit
from regional_services.identity import access as identity
from regional_services.notifications import steps as notifications
from regional_services.waiting.access import FOLLOW
from regional_services.waiting.models import Follower, Place
from tenants.registry import selectors as registry


def tell(unit: Unit, place: Place, template: str, *, about: UUID, more: Mapping[str, str] | None = None) -> None:
    """Tell the account that booked, and those who follow and still may."""
    facts = {
        "institution": registry.institution(place.institution_code).name,
        "department": place.department_name,
        "doctor": place.doctor_name,
        "room": place.station or place.room or place.department_name,
        "ticket": place.ticket,
        "ahead": "" if place.ahead is None else str(place.ahead),
        **(more or {}),
    }
    for account_id in (place.account_id, *_followers(place)):
        notifications.send(
            unit,
            template=template,
            account_id=account_id,
            person_id=place.person_id,
            institution_code=place.institution_code,
            about=about,
            facts=facts,
            sensitive=place.sensitive or None,
        )


def order_fact(place: Place) -> UUID:
    """The id of "this room and this number": another room is another fact, the same room told again is not."""
    return uuid5(place.entry_id, f"{place.room}|{place.ticket}")


def _followers(place: Place) -> list[UUID]:
    rows = Follower.objects.filter(booking_id=place.booking_id).exclude(account_id=place.account_id)
    return [row.account_id for row in rows if _still_may(row, place)]


def _still_may(follower: Follower, place: Place) -> bool:
    actor = Actor(kind=ActorKind.RESIDENT, id=follower.account_id, name="")
    try:
        identity.patient_for(actor, follower.person_id, FOLLOW)
        return not place.sensitive or identity.may_see_sensitive(actor, follower.person_id)
    except HubError:
        return False

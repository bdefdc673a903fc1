"""The only way a place in line reaches a resident: his own booking, or a person who lets him look (practice 4, 5)."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from hub import clock
from hub.actor import Actor, ActorKind
from hub.errors import HubError
from regional_services.identity import access as identity
from regional_services.identity import purposes
from regional_services.identity import selectors as people
from regional_services.waiting.errors import NoPlace
from regional_services.waiting.models import Place
from regional_services.waiting.selectors import PlaceView, place_view

FOLLOW = purposes.VIEW


def own_place(actor: Actor, booking_id: UUID) -> PlaceView:
    """The place of a booking this account made, or of a person whose relation to it allows looking; NoPlace otherwise.

    A visit under a sensitive label is shown to whoever booked it and to those who may see such labels of the person.
    """
    row = Place.objects.filter(booking_id=booking_id).first()
    if row is None or actor.id is None or actor.kind is not ActorKind.RESIDENT:
        raise NoPlace
    if row.account_id != actor.id:
        identity.patient_for(actor, row.person_id, FOLLOW)
        if row.sensitive and not identity.may_see_sensitive(actor, row.person_id):
            raise NoPlace
    return place_view(row)


def followed(actor: Actor) -> list[PlaceView]:
    """Today's places of the people this account may look after, booked by others: what `own_place` shows, in order.

    Two queries, and those of `own_place` for each such place; a family has few of them on one day.
    """
    own = identity.account(actor)
    members = [member.person_id for member in people.people_of(own)]
    rows = Place.objects.filter(person_id__in=members, day=clock.today()).exclude(account_id=own)
    found: list[PlaceView] = []
    for booking_id in rows.order_by("institution_code", "ticket").values_list("booking_id", flat=True):
        with suppress(HubError):
            found.append(own_place(actor, booking_id))
    return found

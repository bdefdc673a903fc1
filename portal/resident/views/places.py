"""A live place in line as its reader is told of it: as his own, or by the masked name of whom he waits for."""

from __future__ import annotations

from hub.actor import Actor
from hub.security import masking
from regional_services.identity import selectors as people
from regional_services.waiting.selectors import PlaceView


def told(actor: Actor, place: PlaceView) -> dict[str, object]:
    """What `place.html` shows of it. One query for the reader's own place, three for somebody else's."""
    own = people.own_account(place.person_id) == actor.id
    name = "" if own else masking.name(people.identity_of(place.person_id).name)
    return {"place": place, "place_name": name, "headline": place.headline(name)}

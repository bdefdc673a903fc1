"""The rush at a release: bookings of a hospital pass a waiting room while more come than its rules let in at once.

The room is the hospital's: rooms of others, and every page that books nothing, never see it. It opens before a release
where the hospital's rules say so (`rush_open_minutes`), and by itself when more than `rush_pressure` bookings a second
are tried; `rush_per_second` 0 means never. It decides nothing about numbers: those are claimed as always.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from redis.exceptions import RedisError

from hub import clock, tallies, waiting_room
from hub.actor import Actor
from hub.errors import NotFound, NotSignedIn
from hub.synthetic import is_synthetic
from hub.tenancy.scope import hospital, region
from hub.waiting_room import Entry, Place, State, Terms
from regional_services.booking.errors import WaitInLine
from regional_services.catalog import selectors as catalog
from regional_services.fairness import door, kinds
from tenants.registry import selectors as registry
from tenants.registry.functions import BOOKING
from tenants.registry.selectors import InstitutionView
from tenants.scheduling import selectors as scheduling

SECONDS_INSIDE = 6  # so many seconds' admissions are inside at once, at most: choosing a number takes a while
_log = logging.getLogger(__name__)


def enter(actor: Actor, institution: InstitutionView, *, person_id: UUID, session_id: UUID) -> bool:
    """Ask to book; whether he was admitted from a line (and leaves it by `book_done`). One round trip to Redis.

    WaitInLine sends him there; HeldForCheck and TooEager are the district's word against scalpers (fairness).
    """
    if actor.id is None or is_synthetic(actor.id):
        return False
    try:
        answer = waiting_room.enter(
            institution.code,
            str(actor.id),
            press=institution.rush_pressure,
            counted=kinds.at_the_door(actor, person_id, session_id),
            queues=institution.rush_per_second > 0,
        )
        if answer.entry is Entry.PRESS:
            waiting_room.open_room(institution.code, _terms(institution))
            _log.warning("a waiting room opens", extra={"hospital": institution.code})
        door.heed(institution.code, answer)
    except RedisError:
        _log.warning("waiting rooms are off: Redis does not answer")
        return False
    if answer.entry in {Entry.PRESS, Entry.LINE}:
        raise WaitInLine(detail={"line": f"/hospitals/{institution.code}/line"})
    return answer.entry is Entry.IN


def given_back(actor: Actor, person_id: UUID, session_id: UUID) -> None:
    """He cancels: who takes the place for somebody else moments later is looked at. One round trip to Redis."""
    account = kinds.subject(kinds.ACCOUNT, actor.id)
    device = kinds.subject(kinds.DEVICE, actor.device)
    marked = [subject for subject in (account, device) if subject]
    try:
        tallies.note_left(str(session_id), marked, str(person_id), kinds.at_the_way_back(actor))
    except RedisError:
        _log.warning("a cancelling was not counted: Redis does not answer")


def book_done(actor: Actor, code: str, session_id: UUID) -> None:
    """His booking stands: the next may come in; who waits for a session without numbers is told so."""
    with hospital(code, read_only=True):
        left = scheduling.any_free(session_id)
    try:
        if not left:
            waiting_room.sold_out(code, str(session_id))
        waiting_room.leave(code, str(actor.id))
    except RedisError:
        _log.warning("waiting rooms are off: Redis does not answer")


def join(actor: Actor, code: str, session_id: UUID) -> Place:
    """Take a place in the hospital's line for a session; the same place for every tab and refresh."""
    card = catalog.session(session_id)
    registry.institution(code).require(BOOKING)
    if card.institution_code != code:
        raise NotFound
    return _asked(lambda who: waiting_room.join(code, who, str(session_id)), actor)


def place(actor: Actor, code: str) -> Place:
    """Where he stands."""
    return _asked(lambda who: waiting_room.look(code, who), actor)


def turn_until(actor: Actor, code: str) -> datetime | None:
    """Until when he is admitted, if it is his turn now."""
    found = place(actor, code)
    return clock.now() + timedelta(milliseconds=found.left_ms) if found.state is State.IN else None


def leave(actor: Actor, code: str) -> Place:
    """Give the place back."""
    return _asked(lambda who: waiting_room.leave(code, who), actor)


def _asked(act: Callable[[str], Place], actor: Actor) -> Place:
    if actor.id is None:
        raise NotSignedIn
    try:
        return act(str(actor.id))
    except RedisError:
        return Place(state=State.OPEN)


def is_open(code: str) -> bool:
    """Whether the hospital has a line now; without Redis there is none."""
    try:
        return waiting_room.look(code, "").state is not State.OPEN
    except RedisError:
        return False


def open_for_releases() -> int:
    """Open the rooms of hospitals whose next release is near, as their rules say; how many."""
    opened = 0
    rules = {view.code: view for view in registry.institutions() if view.rush_per_second and view.rush_open_minutes}
    if not rules:
        return 0
    longest = max(view.rush_open_minutes for view in rules.values())
    with region(read_only=True):
        releases = catalog.next_releases(list(rules), clock.now() + timedelta(minutes=longest))
    for code, release_at in releases.items():
        if release_at - clock.now() > timedelta(minutes=rules[code].rush_open_minutes):
            continue
        waiting_room.open_room(code, _terms(rules[code], draw_ms=int(release_at.timestamp() * 1000)))
        opened += 1
    return opened


def _terms(institution: InstitutionView, *, draw_ms: int = 0) -> Terms:
    rate = institution.rush_per_second
    return Terms(rate=rate, most=rate * SECONDS_INSIDE, draw_ms=draw_ms)

"""Schedules residents look at just now are asked for at most every ten seconds, at hospitals that do not push.

The look is an event of the hospital, so that a connector worker asks and no page waits. Looks are coalesced by a key in
Redis: it stays while the look waits, five minutes at most, and expires ten seconds after the look. Losing it asks
once more, and without Redis the regular poll has to do.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from uuid import UUID

from redis import RedisError

from hub import clock, redis
from hub.actor import system_actor
from hub.work import work
from institution_connectors.catalog import selectors as connectors
from institution_connectors.catalog.errors import NoConnector
from tenants.directory.models import MappingKind
from tenants.directory.selectors import his_code_of
from tenants.registry.selectors import institution
from tenants.scheduling.events import ScheduleLookedAt

LOOK_EVERY = 10
LOST_AFTER = 300  # seconds; a look that was not carried out by then is not waited for any more
LOOKER = system_actor("号源浏览")


def note_look(hospital: str, department_id: UUID, day: date) -> bool:
    """Somebody looks at a department's day now; whether the hospital will be asked. Outside of any scope."""
    try:
        if not connectors.profile(hospital).options.polled or not _first(hospital, department_id, day):
            return False
    except NoConnector:
        return False
    asked = False
    try:
        asked = _ask(hospital, department_id, day)
    finally:
        if not asked:  # nothing waits, so the next look counts as soon as any other
            _expire(hospital, department_id, day, LOOK_EVERY)
    return asked


def _ask(hospital: str, department_id: UUID, day: date) -> bool:
    with work(hospital, actor=LOOKER) as unit:
        generation = institution(hospital).his_generation
        code = his_code_of(MappingKind.DEPARTMENT, department_id, generation=generation)
        if code is None:
            return False
        looked = ScheduleLookedAt(
            hospital=hospital, department_code=code, day=day, department_id=department_id, looked_at=unit.now
        )
        unit.publish(looked)
        unit.audit("scheduling.poll_asked", target=f"department:{department_id}", detail={"day": str(day)})
    return True


def carried_out(event: ScheduleLookedAt) -> None:
    """The hospital has been asked: the next look counts, ten seconds after the one that made us ask."""
    if event.department_id is None or event.looked_at is None:
        return  # published by a release that knew neither
    left = LOOK_EVERY - (clock.now() - event.looked_at).total_seconds()
    _expire(event.hospital, event.department_id, event.day, left)


def _expire(hospital: str, department_id: UUID, day: date, seconds: float) -> None:
    with suppress(RedisError):
        redis.client().pexpire(_name(hospital, department_id, day), max(1, int(seconds * 1000)))


def _first(hospital: str, department_id: UUID, day: date) -> bool:
    try:
        return bool(redis.client().set(_name(hospital, department_id, day), "1", nx=True, ex=LOST_AFTER))
    except RedisError:
        return False


def _name(hospital: str, department_id: UUID, day: date) -> str:
    return redis.key("scheduling", "look", hospital, str(department_id), day.isoformat())

"""Schedules residents look at just now are asked for at most every ten seconds, at hospitals that do not push.

The look is an event of the hospital, so that a connector worker asks and no page waits. Looks are coalesced by a key in
Redis that expires: losing it asks once more, and without Redis the regular poll has to do.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from redis import RedisError

from hub import redis
from hub.actor import system_actor
from hub.work import work
from institution_connectors.catalog import selectors as connectors
from institution_connectors.catalog.errors import NoConnector
from tenants.directory.models import MappingKind
from tenants.directory.selectors import his_code_of
from tenants.registry.selectors import institution
from tenants.scheduling.events import ScheduleLookedAt

LOOK_EVERY = 10
LOOKER = system_actor("号源浏览")


def note_look(hospital: str, department_id: UUID, day: date) -> bool:
    """Somebody looks at a department's day now; whether the hospital will be asked. Outside of any scope."""
    try:
        if not connectors.profile(hospital).options.polled or not _first(hospital, department_id, day):
            return False
    except NoConnector:
        return False
    with work(hospital, actor=LOOKER) as unit:
        generation = institution(hospital).his_generation
        code = his_code_of(MappingKind.DEPARTMENT, department_id, generation=generation)
        if code is None:
            return False
        unit.publish(ScheduleLookedAt(hospital=hospital, department_code=code, day=day))
        unit.audit("scheduling.poll_asked", target=f"department:{department_id}", detail={"day": str(day)})
    return True


def _first(hospital: str, department_id: UUID, day: date) -> bool:
    name = redis.key("scheduling", "look", hospital, str(department_id), day.isoformat())
    try:
        return bool(redis.client().set(name, "1", nx=True, ex=LOOK_EVERY))
    except RedisError:
        return False

"""Which schedules residents are looking at just now: those are asked for more often (at most every 10 s, coalesced).

Kept in Redis: a lost note costs freshness until the next look, never correctness.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from redis import RedisError

from hub import clock, redis

logger = logging.getLogger(__name__)
LOOKED_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Look:
    """A department's day somebody looks at."""

    hospital: str
    department_id: UUID
    day: date


def note_look(hospital: str, department_id: UUID, day: date) -> None:
    """Somebody looks at this now."""
    try:
        redis.client().zadd(_key(), {f"{hospital}|{department_id}|{day.isoformat()}": clock.now().timestamp()})
    except RedisError:
        logger.warning("a look could not be noted: Redis does not answer")


def looks() -> list[Look]:
    """What was looked at within the last minute; older notes are dropped."""
    oldest = clock.now().timestamp() - LOOKED_SECONDS
    try:
        with redis.client().pipeline() as pipeline:
            pipeline.zremrangebyscore(_key(), 0, oldest)
            pipeline.zrangebyscore(_key(), oldest, "+inf")
            _, found = pipeline.execute()
    except RedisError:
        return []
    return [_look(member) for member in found]


def _look(member: str) -> Look:
    hospital, department, day = member.split("|")
    return Look(hospital, UUID(department), date.fromisoformat(day))


def _key() -> str:
    return redis.key("scheduling", "looks")

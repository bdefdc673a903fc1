"""Is this process alive, and may it be sent requests?"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import redis
from django.conf import settings
from django.db import DatabaseError, connections

from hub.observability import heartbeat
from hub.redis import connect
from hub.storage import client as storage

log = logging.getLogger(__name__)
RELAY_SILENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing we depend on; without a `needed` one no request can be answered."""

    name: str
    needed: bool
    works: Callable[[], bool]


def _database(alias: str) -> bool:
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis() -> bool:
    client = connect(settings.HUB_REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def _relay() -> bool:
    try:
        age = heartbeat.age("relay")
    except redis.RedisError:
        return False
    return age is not None and age < RELAY_SILENCE_SECONDS


CHECKS = (
    Check("database", True, lambda: _database("default")),
    Check("hospital_database", True, lambda: _database("hospital")),
    Check("redis", True, _redis),
    # Without these a request is still answered rightly; taking the web away as well would only make it worse.
    Check("objects", False, storage.reachable),
    Check("relay", False, _relay),
)


def report() -> tuple[bool, dict[str, object]]:
    """Whether requests may come, and the state of each part (names only: the page is public)."""
    found = {check.name: check.works() for check in CHECKS}
    ready = all(found[check.name] for check in CHECKS if check.needed)
    state = "ready" if all(found.values()) else "degraded" if ready else "unavailable"
    for name in sorted(name for name, works in found.items() if not works):
        log.warning("readiness check failed", extra={"reason": name})
    return ready, {"status": state, "checks": {name: "ok" if works else "failed" for name, works in found.items()}}

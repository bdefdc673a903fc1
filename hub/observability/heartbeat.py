"""Signs of life of processes that answer no request (relay, worker, scheduler), kept in Redis."""

from __future__ import annotations

import time
from functools import lru_cache

import redis
from django.conf import settings

from hub.redis import connect

_KEPT_SECONDS = 3600


@lru_cache(maxsize=1)
def _client() -> redis.Redis:
    return connect(settings.HUB_REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def beat(process: str) -> None:
    """Say that `process` is alive; called at least every ten seconds. A Redis that is away is no reason to stop."""
    try:
        _client().set(_key(process), f"{time.time():.0f}", ex=_KEPT_SECONDS)
    except redis.RedisError:
        return


def age(process: str) -> float | None:
    """Seconds since the last sign of life of `process`, or None when there has been none."""
    last = _client().get(_key(process))
    return time.time() - float(last) if isinstance(last, bytes) else None


def _key(process: str) -> str:
    return f"hub:heartbeat:{process}"

"""The one Redis client of a process, and keys that carry the installation's prefix."""

from __future__ import annotations

from functools import lru_cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry


@lru_cache(maxsize=4)
def _client_at(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=1,
        socket_timeout=2,
        retry=Retry(NoBackoff(), retries=1),  # a server that restarted is met again; a dead one costs a second, not ten
        decode_responses=True,
    )


def client() -> redis.Redis:
    """The shared client; answers are text."""
    return _client_at(settings.HUB_REDIS_URL)


def key(*parts: str) -> str:
    """A key of this installation: several may share one server."""
    return ":".join((settings.HUB_ROLE_PREFIX, *parts))

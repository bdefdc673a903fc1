"""The one Redis client of a process, and keys that carry the installation's prefix."""

from __future__ import annotations

from functools import lru_cache

import redis
from django.conf import settings


@lru_cache(maxsize=4)
def _client_at(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=5, decode_responses=True)


def client() -> redis.Redis:
    """The shared client; answers are text."""
    return _client_at(settings.HUB_REDIS_URL)


def key(*parts: str) -> str:
    """A key of this installation: several may share one server."""
    return ":".join((settings.HUB_ROLE_PREFIX, *parts))

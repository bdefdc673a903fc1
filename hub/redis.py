"""The one Redis client of a process, and keys that carry the installation's prefix.

Every connection to Redis is made here, so that one URL may lead to a server or to the Sentinels that know the master.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from hub import sentinel


def connect(url: str, **options: Any) -> redis.Redis:
    """A client for `url`; behind Sentinels each new connection asks them who the master is."""
    where = sentinel.parse(url)
    if where is None:
        return redis.Redis.from_url(url, **options)
    guards = redis.sentinel.Sentinel(  # type: ignore[no-untyped-call]
        where.addresses, sentinel_kwargs=where.to_sentinels
    )
    master: redis.Redis = guards.master_for(  # type: ignore[no-untyped-call]
        where.service, **where.to_master, **options
    )
    return master


def connect_async(url: str, **options: Any) -> redis.asyncio.Redis:
    """The same for asyncio."""
    where = sentinel.parse(url)
    if where is None:
        return redis.asyncio.Redis.from_url(url, **options)
    guards = redis.asyncio.sentinel.Sentinel(  # type: ignore[no-untyped-call]
        list(where.addresses), sentinel_kwargs=where.to_sentinels
    )
    master: redis.asyncio.Redis = guards.master_for(where.service, **where.to_master, **options)
    return master


class CachePool:
    """What Django's cache calls to get its connections (`CACHES["default"]["OPTIONS"]["pool_class"]`)."""

    @staticmethod
    def from_url(url: str, **options: Any) -> redis.ConnectionPool:
        """The pool of a client made above."""
        return connect(url, **options).connection_pool


@lru_cache(maxsize=4)
def _client_at(url: str) -> redis.Redis:
    return connect(
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

"""Waking the relay after a commit: the scope's code in a sorted set of Redis, one set per lane, one for the sealer.

The score is the time, and a code that is queued keeps its place: taking the lowest score serves scopes in turn, over
all relay processes. The district, for which all hospitals' residents wait, has a set beside the hospitals'.
Nothing here is the truth: what is lost is found by the next sweep.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from django.db import connections

from hub.redis import connect
from hub.tenancy.scope import REGION

logger = logging.getLogger(__name__)

SEAL = "seal"
_PAUSE = 1.0
_silent_until = 0.0
_gathered: ContextVar[_Gathered | None] = ContextVar("hub_wakes", default=None)


@lru_cache(maxsize=1)
def _client(url: str) -> redis.Redis:
    """For short commands, shared by threads; a hanging Redis costs a request a fifth of a second, once a second."""
    return connect(url, socket_timeout=0.2, socket_connect_timeout=0.2)


def blocking_client() -> redis.Redis:
    """A client whose connection may wait for a wake (one per relay thread)."""
    return connect(settings.HUB_REDIS_URL, socket_timeout=10, socket_connect_timeout=2)


def key(queue: str, *, of_region: bool = False) -> str:
    """A sorted set of a queue; installations and test databases that share a Redis stay apart.

    The braces keep an installation's sets on one node of a Redis Cluster: a thread waits for several at once.
    """
    place = f"{{{settings.HUB_ROLE_PREFIX}:{connections['default'].settings_dict['NAME']}:wake}}:{queue}"
    return f"{place}:{REGION}" if of_region else place


@dataclass(slots=True)
class _Gathered:
    """What is to be said; `impatient`: with the first delivery that others wait for, else all at the end."""

    impatient: bool
    words: dict[tuple[str, str], None] = field(default_factory=dict)

    def send(self) -> None:
        words, self.words = self.words, {}
        if words:
            _send(words)


@contextmanager
def together(*, impatient: bool = False) -> Iterator[None]:
    """Say at its end, in one message, what the units inside have to say: for requests, which are soon over.

    `impatient`, as a relay's turn is: only the sealer, who comes once a second, is kept waiting.
    """
    gathered = _Gathered(impatient)
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
        gathered.send()


def rouse(scope: str, *, lanes: Collection[str], seal: bool) -> None:
    """Say that `scope` has deliveries in these lanes and, if `seal`, audit entries to seal."""
    gathered = _gathered.get() or _Gathered(impatient=True)
    gathered.words.update(dict.fromkeys((scope, queue) for queue in ([*lanes, SEAL] if seal else lanes)))
    if _gathered.get() is None or (lanes and gathered.impatient):
        gathered.send()


def put(scope: str, queues: Iterable[str]) -> bool:
    """Queue `scope`; False if Redis can't be reached, in which case it is left alone for a moment."""
    return _send([(scope, queue) for queue in queues])


def _send(words: Iterable[tuple[str, str]]) -> bool:
    global _silent_until
    if time.monotonic() < _silent_until:
        return False
    now = time.time()
    try:
        with _client(settings.HUB_REDIS_URL).pipeline(transaction=False) as pipeline:
            for scope, queue in words:
                pipeline.zadd(key(queue, of_region=scope == REGION), {scope: now}, nx=True)
            pipeline.execute()
    except redis.RedisError as problem:
        _silent_until = time.monotonic() + _PAUSE
        logger.warning("the relay was not woken, its sweep will see to it", extra={"failure": type(problem).__name__})
        return False
    return True


def take_all(queue: str) -> list[str]:
    """Every scope queued now; empty if Redis can't be reached."""
    taken: list[Any] = []
    try:
        with _client(settings.HUB_REDIS_URL).pipeline(transaction=False) as pipeline:
            for of_region in (True, False):
                pipeline.zpopmin(key(queue, of_region=of_region), 1_000_000)
            taken = pipeline.execute()
    except redis.RedisError:
        return []
    return [member.decode() for members in taken for member, _ in members]


def lead(duty: str, seconds: float) -> bool:
    """Whether this process should do a shared duty now: the first to ask in `seconds`; anyone while Redis is away."""
    try:
        taken = _client(settings.HUB_REDIS_URL).set(f"{key(duty)}:led", "1", nx=True, px=int(seconds * 1000))
    except redis.RedisError:
        return True
    return bool(taken)

"""Topics: signed for the browser, published through Redis.

A signed address is the permission to listen, given by a view that has checked it. What travels are ids and states,
never personal data; the browser then loads the change through a view, with that view's own checks.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache

import redis
from django.conf import settings
from django.core import signing

from hub.observability.logs import safe
from hub.redis import connect

log = logging.getLogger(__name__)
LIFETIME = timedelta(hours=12)
EVERY_CHANNEL = "hub:sse:*"
DISTRICT_SCREEN = "district.screen"  # events: figures, hospitals
_GATHERED = frozenset({DISTRICT_SCREEN})
_SALT = "hub.sse.topic"
_NAME = re.compile(r"[a-z0-9_.:-]{1,120}")


_EVERY = 0.25  # seconds; the cockpit is to be a second behind at most


@lru_cache(maxsize=1)
def _publisher() -> redis.Redis:
    return connect(settings.HUB_REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def channel(topic: str) -> str:
    """The Redis channel of a topic."""
    if not _NAME.fullmatch(topic):
        raise ValueError(f"not a topic: {topic!r}")
    return EVERY_CHANNEL.replace("*", topic)


def address(topic: str) -> str:
    """Where a page listens to `topic`."""
    channel(topic)
    return f"{settings.HUB_EVENTS_ORIGIN}/events/{signing.dumps(topic, salt=_SALT)}"


def opened(token: str) -> str:
    """The topic of a signed address; signing.BadSignature when it was altered or is too old."""
    topic: str = signing.loads(token, salt=_SALT, max_age=LIFETIME)
    return topic


def tell(topic: str, event: str) -> None:
    """`publish` for units of work: where the listeners are told of every booking, once in a while for all of them."""
    if topic in _GATHERED:
        _gatherer.say(topic, event)
    else:
        publish(topic, event)


class _Gatherer:
    """Says the first word at once and those of the time after it in one at its end; threads share it."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._said_at: dict[tuple[str, str], float] = {}
        self._owed: set[tuple[str, str]] = set()

    def say(self, topic: str, event: str) -> None:
        word, now = (topic, event), time.monotonic()
        with self._lock:
            wait = self._said_at.get(word, now - self._seconds) + self._seconds - now
            if wait > 0:
                self._owe(word, wait)
                return
            self._said_at[word] = now
            self._owed.discard(word)  # whoever owed it is late, or was lost in a fork: this is its word too
        publish(topic, event)

    def _owe(self, word: tuple[str, str], wait: float) -> None:
        if word not in self._owed:
            later = threading.Timer(wait, self._later, (word,))
            later.daemon = True  # what a process that ends leaves unsaid costs the page a slow look
            later.start()
            self._owed.add(word)

    def _later(self, word: tuple[str, str]) -> None:
        with self._lock:
            if word not in self._owed:
                return
            self._owed.discard(word)
            self._said_at[word] = time.monotonic()
        publish(*word)


def publish(topic: str, event: str, data: Mapping[str, object] | None = None) -> None:
    """Tell the listeners of `topic`, after commit. A lost message is harmless: pages also poll, only slower."""
    harmless = {name: safe(value) for name, value in (data or {}).items()}
    try:
        _publisher().publish(channel(topic), json.dumps({"event": event, "data": harmless}))
    except redis.RedisError:
        log.warning("event not published", extra={"event": event})


_gatherer = _Gatherer(_EVERY)

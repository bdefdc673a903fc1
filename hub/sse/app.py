"""The ASGI application behind `/events/<signed topic>`, and behind `/line/<signed place>` (hub.waiting_room)."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core import signing

from hub import waiting_room
from hub.observability import heartbeat
from hub.redis import connect_async
from hub.sse import topics

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

BEAT_SECONDS = 10
HEARTBEAT_SECONDS = 15.0  # below the idle time-out of common proxies
MOST_LISTENERS = 5000
_QUEUE = 64
_LOOKS_AT_ONCE = 32


class Broker:
    """One subscription to Redis for all listeners of this process."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Queue[str]]] = defaultdict(set)
        self._pump: asyncio.Task[None] | None = None

    def count(self) -> int:
        """How many listen now."""
        return sum(len(queues) for queues in self._listeners.values())

    def listen(self, channel: str) -> asyncio.Queue[str]:
        """A queue that gets every message of `channel`."""
        if self._pump is None or self._pump.done():
            self._pump = asyncio.get_running_loop().create_task(self._run())
        queue: asyncio.Queue[str] = asyncio.Queue(_QUEUE)
        self._listeners[channel].add(queue)
        return queue

    def leave(self, channel: str, queue: asyncio.Queue[str]) -> None:
        """Stop listening."""
        self._listeners[channel].discard(queue)
        if not self._listeners[channel]:
            del self._listeners[channel]

    async def _run(self) -> None:
        while True:
            try:
                await self._receive()
            except (redis.RedisError, OSError):
                log.warning("event subscription lost, trying again")
                await asyncio.sleep(1)

    async def _receive(self) -> None:
        client = connect_async(settings.HUB_REDIS_URL, decode_responses=True)
        async with client, client.pubsub() as subscription:
            await subscription.psubscribe(topics.EVERY_CHANNEL)
            async for message in subscription.listen():
                if message["type"] == "pmessage":
                    self._hand_out(message["channel"], message["data"])

    def _hand_out(self, channel: str, data: str) -> None:
        for queue in tuple(self._listeners.get(channel, ())):
            if queue.full():
                queue.get_nowait()  # a slow browser misses the oldest; every event only says "look again"
            queue.put_nowait(data)


class EventStream:
    """Answers GET /events/<token> with an endless text/event-stream."""

    def __init__(self) -> None:
        self._broker = Broker()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        path = str(scope["path"])
        cors = _cors(scope)
        if path == "/healthz":
            await _answer(send, 200, b'{"status": "ok"}', cors)
        elif scope["method"] == "GET" and path.startswith("/line/"):
            await _line(path.removeprefix("/line/"), cors, send)
        elif scope["method"] != "GET" or not path.startswith("/events/"):
            await _answer(send, 404, b"", cors)
        elif self._broker.count() >= MOST_LISTENERS:
            await _answer(send, 503, b"", [*cors, (b"retry-after", b"30")])
        else:
            await self._stream(path.removeprefix("/events/"), cors, receive, send)

    async def _stream(self, token: str, cors: Headers, receive: Receive, send: Send) -> None:
        try:
            channel = topics.channel(topics.opened(token))
        except (signing.BadSignature, ValueError):
            await _answer(send, 403, b"", cors)
            return
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
            *cors,
        ]
        queue = self._broker.listen(channel)
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            # After a reconnect something may have been missed: the first event says "look again".
            await _send_chunk(send, "retry: 3000\nevent: hello\ndata: {}\n\n")
            while not gone.done():
                await _send_chunk(send, await _next(queue))
        except OSError:
            return
        finally:
            gone.cancel()
            self._broker.leave(channel, queue)


async def _line(token: str, cors: Headers, send: Send) -> None:
    """A place in a waiting room, asked for by thousands at once: one script in Redis, and nothing else."""
    try:
        room, who = waiting_room.opened(token)
        async with _looking():
            place = await waiting_room.look_from(_redis(), room, who)
    except (signing.BadSignature, ValueError):
        await _answer(send, 403, b"", cors)
        return
    except (redis.RedisError, OSError):
        await _answer(send, 503, b"", [*cors, (b"retry-after", b"3")])
        return
    low, high = place.seconds
    told = {
        "state": place.state.value,
        "ahead": place.ahead,
        "total": place.total,
        "left_ms": place.left_ms,
        "low": low,
        "high": high,
        "again_ms": place.again_ms,
    }
    await _answer(send, 200, json.dumps(told).encode(), [*cors, (b"cache-control", b"no-store")], b"application/json")


@lru_cache(maxsize=1)
def _redis() -> redis.asyncio.Redis:
    return connect_async(settings.HUB_REDIS_URL, decode_responses=True)


@lru_cache(maxsize=1)
def _looking() -> asyncio.Semaphore:
    return asyncio.Semaphore(_LOOKS_AT_ONCE)


async def _next(queue: asyncio.Queue[str]) -> str:
    try:
        message = json.loads(await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS))
    except TimeoutError:
        return ": still here\n\n"
    return f"event: {message['event']}\ndata: {json.dumps(message['data'])}\n\n"


async def _send_chunk(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _answer(send: Send, status: int, body: bytes, headers: Headers, kind: bytes = b"text/plain") -> None:
    start = {"type": "http.response.start", "status": status, "headers": [(b"content-type", kind), *headers]}
    await send(start)
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    beating = asyncio.ensure_future(_beat())
    try:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    finally:
        beating.cancel()


async def _beat() -> None:
    """Signs of life for the operators' page."""
    while True:
        await asyncio.to_thread(heartbeat.beat, "sse")
        await asyncio.sleep(BEAT_SECONDS)


def _cors(scope: Scope) -> Headers:
    """Our own pages may listen from another port or a hospital's host; nobody else's."""
    origin = dict(scope["headers"]).get(b"origin", b"").decode("latin-1")
    host = urlsplit(origin).hostname or ""
    if host == settings.BASE_HOST or host.endswith(f".{settings.BASE_HOST}"):
        return [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"origin")]
    return []

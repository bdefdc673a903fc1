"""A fair place in line, in Redis: who may do what too many want at once, and when.

A room opens when the load asks for it and ends by itself. Whoever comes before the draw gets a random place, decided by
a secret of the room and who he is, so that coming early, often or in many windows changes nothing; whoever comes after
it stands behind in order of arrival. One subject has one place. People are admitted at a rate, and only so many are
inside at once; an admission is the subject's own, and ends. Every look carries the line on, so no process has to.

Each act is one script on the server. Without Redis there is no line: the acts raise RedisError, callers let people in.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.core import signing

from hub import redis

LASTS_SECONDS = 4 * 3600
TOKEN_SECONDS = 3 * 3600
_SALT = "hub.waiting_room"
_PARTS = ("room", "line", "inside", "wants", "full")

_OPEN = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local draw = tonumber(ARGV[1]) > 0 and tonumber(ARGV[1]) or now
if redis.call('HSETNX', KEYS[1], 'seed', ARGV[6]) == 1 then
    redis.call('HSET', KEYS[1], 'draw', draw, 'opened', now, 'last', draw, 'tokens', ARGV[2], 'served', 0)
end
redis.call('HSET', KEYS[1], 'rate', ARGV[2], 'most', ARGV[3], 'stay', ARGV[4], 'linger', ARGV[5])
local close = math.max(now, tonumber(redis.call('HGET', KEYS[1], 'draw'))) + ARGV[5]
redis.call('HSET', KEYS[1], 'close', math.max(close, tonumber(redis.call('HGET', KEYS[1], 'close') or 0)))
redis.call('EXPIRE', KEYS[1], ARGV[7])
return 1
"""

_LOOK = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local room, line, inside, wants, full = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local who, act, want, lasts = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local held = redis.call('HMGET', room, 'draw', 'rate', 'most', 'stay', 'linger', 'close', 'last', 'tokens', 'served',
    'seed')
if not held[1] then return {'open'} end
local draw, rate, most, stay = tonumber(held[1]), tonumber(held[2]), tonumber(held[3]), tonumber(held[4])
local served, tokens = tonumber(held[9]), tonumber(held[8])
redis.call('ZREMRANGEBYSCORE', inside, '-inf', now)
if act == 'leave' then
    redis.call('ZREM', line, who)
    redis.call('ZREM', inside, who)
    redis.call('HDEL', wants, who)
elseif act == 'join' then
    redis.call('HSET', wants, who, want)
    if not redis.call('ZSCORE', inside, who) and not redis.call('ZSCORE', line, who) then
        local place = now - draw
        if now < draw then
            place = (tonumber(string.sub(redis.sha1hex(held[10] .. who), 1, 12), 16) / 281474976710656 - 1) * 1000000
        end
        redis.call('ZADD', line, place, who)
        redis.call('HSET', room, 'close', math.max(tonumber(held[6]), now + tonumber(held[5])))
        for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, lasts) end
    end
end
if now >= draw then
    tokens = math.min(rate, tokens + math.max(0, now - tonumber(held[7])) * rate / 1000)
    local free = most - redis.call('ZCARD', inside)
    while free > 0 and tokens >= 1 do
        local next = redis.call('ZPOPMIN', line)
        if not next[1] then break end
        if redis.call('SISMEMBER', full, redis.call('HGET', wants, next[1]) or '') == 0 then
            redis.call('ZADD', inside, now + stay, next[1])
            free, tokens, served = free - 1, tokens - 1, served + 1
        end
    end
    redis.call('HSET', room, 'last', now, 'tokens', tostring(tokens), 'served', served)
    for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, lasts) end
end
local until_ = redis.call('ZSCORE', inside, who)
if until_ then return {'in', tostring(tonumber(until_) - now)} end
local wanted = redis.call('HGET', wants, who)
if wanted and redis.call('SISMEMBER', full, wanted) == 1 then
    redis.call('ZREM', line, who)
    return {'full'}
end
local total, rank = redis.call('ZCARD', line), redis.call('ZRANK', line, who)
if rank then
    local state = now < draw and 'before' or 'line'
    return {state, tostring(rank), tostring(total), tostring(draw - now), tostring(rate), tostring(served)}
end
if total == 0 and redis.call('ZCARD', inside) == 0 and now > tonumber(redis.call('HGET', room, 'close')) then
    redis.call('DEL', room, line, inside, wants, full)
    return {'open'}
end
return {'out', '0', tostring(total), tostring(draw - now), tostring(rate), tostring(served)}
"""

_DOOR = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local tries = KEYS[3] .. ':' .. time[1]
local count = redis.call('INCR', tries)
if count == 1 then redis.call('EXPIRE', tries, 10) end
if redis.call('EXISTS', KEYS[1]) == 0 then
    if tonumber(ARGV[2]) > 0 and count > tonumber(ARGV[2]) then return 'press' end
    return 'free'
end
local admitted = redis.call('ZSCORE', KEYS[2], ARGV[1])
if admitted and tonumber(admitted) > now then return 'in' end
return 'line'
"""


class State(StrEnum):
    """Where somebody stands."""

    OPEN = "open"  # there is no line now
    OUT = "out"  # there is one, and he has no place in it
    BEFORE = "before"  # waits for the draw
    LINE = "line"
    IN = "in"
    FULL = "full"  # nothing is left of what he wants


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place: how many are before him, of how many; until when he is admitted, until the draw (ms from now)."""

    state: State
    ahead: int = 0
    total: int = 0
    left_ms: int = 0
    rate: float = 0.0
    served: int = 0

    @property
    def again_ms(self) -> int:
        """When to look again: seldom far behind, often in front, and soon after the draw but not all at once."""
        if self.state is State.BEFORE:
            return min(self.left_ms + 200 + secrets.randbelow(1500), 20_000)
        if self.state is State.LINE:
            return max(700, min(3000, int(500 * self.ahead / max(self.rate, 0.1))))
        return 3000

    @property
    def seconds(self) -> tuple[int, int]:
        """An honest estimate: at best (everybody admitted leaves at once), and twice that, as slow rooms have been."""
        best = int(self.ahead / max(self.rate, 0.1)) + 1
        return best, 2 * best + 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a room works: at `draw_ms` (epoch; 0: at once) places are drawn; `rate` a second, `most` inside at once."""

    rate: float
    most: int
    stay_seconds: int = 300
    linger_seconds: int = 120
    draw_ms: int = 0


class Entry(StrEnum):
    """What the door says."""

    FREE = "free"
    PRESS = "press"  # too many at once: a room is wanted
    IN = "in"
    LINE = "line"


def open_room(room: str, terms: Terms) -> None:
    """Open a room, or keep an open one open for longer; what was drawn stays drawn."""
    arguments = (terms.draw_ms, terms.rate, terms.most, terms.stay_seconds * 1000, terms.linger_seconds * 1000)
    redis.client().eval(_OPEN, 1, _key(room, "room"), *map(str, arguments), secrets.token_hex(16), str(LASTS_SECONDS))


def look(room: str, who: str) -> Place:
    """Where `who` stands now."""
    return _act(room, who, "look", "")


def join(room: str, who: str, want: str) -> Place:
    """Take a place, once; again it is the same place. `want` is what he comes for."""
    return _act(room, who, "join", want)


def leave(room: str, who: str) -> Place:
    """Give the place, or the admission, back."""
    return _act(room, who, "leave", "")


def enter(room: str, who: str, *, press: int) -> Entry:
    """Ask at the door, which counts: more than `press` a second (0: however many) and no room yet is PRESS."""
    keys = (_key(room, "room"), _key(room, "inside"), _key(room, "tries"))
    return Entry(str(redis.client().eval(_DOOR, len(keys), *keys, who, str(press))))


def sold_out(room: str, want: str) -> None:
    """Nothing is left of it: whoever waits for it is told at his next look, and holds up nobody."""
    redis.client().sadd(_key(room, "full"), want)
    redis.client().expire(_key(room, "full"), LASTS_SECONDS)


def address(room: str, who: str) -> str:
    """Where a page asks for its place: answered beside the event streams, by no web process and no database."""
    return f"{settings.HUB_EVENTS_ORIGIN}/line/{signing.dumps([room, who], salt=_SALT)}"


def opened(token: str) -> tuple[str, str]:
    """Room and subject of a signed address; signing.BadSignature when it was altered or is too old."""
    room, who = signing.loads(token, salt=_SALT, max_age=TOKEN_SECONDS)
    return str(room), str(who)


async def look_from(client: Any, room: str, who: str) -> Place:
    """`look` by an asyncio client."""
    return _place(await client.eval(_LOOK, len(_PARTS), *_keys(room), who, "look", "", str(LASTS_SECONDS)))


def _act(room: str, who: str, act: str, want: str) -> Place:
    return _place(redis.client().eval(_LOOK, len(_PARTS), *_keys(room), who, act, want, str(LASTS_SECONDS)))


def _place(answer: Any) -> Place:
    state, *numbers = answer
    if state == State.IN:
        return Place(state=State.IN, left_ms=int(float(numbers[0])))
    if not numbers:
        return Place(state=State(state))
    ahead, total, left, rate, served = (float(number) for number in numbers)
    return Place(
        state=State(state), ahead=int(ahead), total=int(total), left_ms=int(left), rate=rate, served=int(served)
    )


def _keys(room: str) -> list[str]:
    return [_key(room, part) for part in _PARTS]


def _key(room: str, part: str) -> str:
    return redis.key("waiting_room", room, part)

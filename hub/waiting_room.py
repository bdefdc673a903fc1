"""A fair place in line, in Redis: who may do what too many want at once, and when.

A room opens when the load asks for it and ends by itself. Whoever comes before the draw gets a random place, decided by
a secret of the room and who he is, so that coming early, often or in many windows changes nothing; whoever comes after
it stands behind in order of arrival. One subject has one place. People are admitted at a rate, and only so many are
inside at once; an admission is the subject's own, and ends. Every look carries the line on, so no process has to.

Each act is one script on the server. Without Redis there is no line: the acts raise RedisError, callers let people in.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.core import signing

from hub import clock, redis, tallies
from hub.room_scripts import DOOR, LOOK, OPEN
from hub.tallies import Note, Tally

LASTS_SECONDS = 4 * 3600
TOKEN_SECONDS = 3 * 3600
_SALT = "hub.waiting_room"
_PARTS = ("room", "line", "inside", "wants", "full")


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
    REFUSED = "refused"  # by a rule of `hub.tallies`


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the door says, the kind of rule that refused, and who is to be looked at."""

    entry: Entry
    refused: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomView:
    """An open room as staff see it: how many wait and are inside, how many were let in; seconds until the draw."""

    room: str
    waiting: int
    inside: int
    served: int
    rate: float
    draw_in: float
    opened: datetime

    @property
    def pace(self) -> float:
        """How many a minute were let in since the draw."""
        return self.served / max(-self.draw_in / 60, 1 / 60) if self.draw_in < 0 else 0.0

    @property
    def minutes(self) -> int:
        """How long who comes last now waits, at the rate of the rules."""
        return int(self.waiting / max(self.rate, 0.1) / 60) + 1


def open_room(room: str, terms: Terms) -> None:
    """Open a room, or keep an open one open for longer; what was drawn stays drawn."""
    arguments = (terms.draw_ms, terms.rate, terms.most, terms.stay_seconds * 1000, terms.linger_seconds * 1000)
    redis.client().eval(OPEN, 1, _key(room, "room"), *map(str, arguments), secrets.token_hex(16), str(LASTS_SECONDS))


def look(room: str, who: str) -> Place:
    """Where `who` stands now."""
    return _act(room, who, "look", "")


def join(room: str, who: str, want: str) -> Place:
    """Take a place, once; again it is the same place. `want` is what he comes for."""
    return _act(room, who, "join", want)


def leave(room: str, who: str) -> Place:
    """Give the place, or the admission, back."""
    return _act(room, who, "leave", "")


def enter(room: str, who: str, *, press: int, counted: Iterable[Tally] = (), queues: bool = True) -> Answer:
    """Ask at the door, which counts: more than `press` a second (0: however many) and no room yet is PRESS.

    What else is `counted` of who asks may refuse him before that. Where nobody `queues` only this is looked at.
    """
    keys = (_key(room, "room"), _key(room, "inside"), _key(room, "tries"), tallies.prefix())
    asked = (who, str(press), tallies.encoded(counted), "1" if queues else "")
    entry, refused, *due = redis.client().eval(DOOR, len(keys), *keys, *asked)
    return Answer(entry=Entry(str(entry)), refused=str(refused), notes=tallies.notes_of(due))


def rooms(names: Sequence[str]) -> list[RoomView]:
    """Which of these rooms are open now, and how they do. One round trip."""
    pipe = redis.client().pipeline(transaction=False)
    for name in names:
        pipe.hmget(_key(name, "room"), "draw", "rate", "served", "opened")
        pipe.zcard(_key(name, "line"))
        pipe.zcard(_key(name, "inside"))
    answers, now = pipe.execute(), clock.now()
    found = []
    for at, name in enumerate(names):
        (draw, rate, served, opened), waiting, inside = answers[3 * at : 3 * at + 3]
        if draw is not None:
            found.append(
                RoomView(
                    room=name,
                    waiting=int(waiting),
                    inside=int(inside),
                    served=int(float(served)),
                    rate=float(rate),
                    draw_in=float(draw) / 1000 - now.timestamp(),
                    opened=datetime.fromtimestamp(float(opened) / 1000, UTC),
                )
            )
    return found


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
    return _place(await client.eval(LOOK, len(_PARTS), *_keys(room), who, "look", "", str(LASTS_SECONDS)))


def _act(room: str, who: str, act: str, want: str) -> Place:
    return _place(redis.client().eval(LOOK, len(_PARTS), *_keys(room), who, act, want, str(LASTS_SECONDS)))


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

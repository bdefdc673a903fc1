"""Counting what one subject does in a while, in Redis: how often, and how many different ones (accounts, patients).

Rules are data, kept by Redis beside the counts so that whoever counts asks for nothing else: of each kind, how long a
window is, from how many on it is noted for people to look at, and from how many on it is refused (0: never). The script
here is a part of another one (`waiting_room.enter`), so that a booking speaks to Redis no more often for it.

The first so many of a window are never refused for those who come after them: a family's telephone goes on working.
Who was looked at and found in order stands as `free`; who is to prove himself first stands as `held`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hub import redis

HELD = "held"
NOTED_EVERY_SECONDS = 60
LEFT_SECONDS = 300
_MOST_MEMBERS = 2000
_PARTS = ("tallies",)

LUA = """
local function standing_of(prefix, subject, known)
    if known[subject] == nil then known[subject] = redis.call('GET', prefix .. ':standing:' .. subject) or '' end
    return known[subject]
end
local function counted(prefix, one, window, now)
    local kind, subject, how, member = one[1], one[2], one[3], one[4]
    local key = prefix .. ':' .. kind .. ':' .. subject
    local count, place = 0, 0
    if how == 'member' then
        if redis.call('ZCARD', key) < MOST then redis.call('ZADD', key, 'NX', now, member) end
        count, place = redis.call('ZCARD', key), (redis.call('ZRANK', key, member) or MOST) + 1
    else
        local left = how == 'after' and redis.call('GET', prefix .. ':left:' .. one[5] .. ':' .. subject)
        if how == 'count' or (left and left ~= member) then
            count = redis.call('INCR', key)
        else
            count = tonumber(redis.call('GET', key) or '0')
        end
        place = count
    end
    if count > 0 and redis.call('TTL', key) < 0 then redis.call('EXPIRE', key, window) end
    return count, place
end
local function weigh(prefix, list, now)
    local rules = redis.call('GET', prefix .. ':rules')
    if not rules then return '', {} end
    rules = cjson.decode(rules)
    local refused, due, known = '', {}, {}
    for _, one in ipairs(list) do
        local kind, subject = one[1], one[2]
        local standing, rule = standing_of(prefix, subject, known), rules[kind]
        if standing == 'held' then refused = 'held' end
        if rule then
            local count, place = counted(prefix, one, rule[1], now)
            local over = rule[3] > 0 and place > rule[3]
            if standing == '' then
                if over and refused == '' then refused = kind end
                local told = prefix .. (over and ':over:' or ':noted:') .. kind .. ':' .. subject
                if (over or (rule[2] > 0 and count > rule[2])) and redis.call('SET', told, 1, 'NX', 'EX', NOTED) then
                    table.insert(due, kind)
                    table.insert(due, subject)
                    table.insert(due, tostring(count))
                end
            end
        end
    end
    return refused, due
end
""".replace("MOST", str(_MOST_MEMBERS)).replace("NOTED", str(NOTED_EVERY_SECONDS))

_LEAVE = (
    LUA
    + """
local prefix, time = KEYS[1], redis.call('TIME')
for _, mark in ipairs(cjson.decode(ARGV[2])) do
    redis.call('SET', prefix .. ':left:' .. mark[1] .. ':' .. mark[2], mark[3], 'EX', ARGV[3])
end
weigh(prefix, cjson.decode(ARGV[1]), time[1] * 1000 + math.floor(time[2] / 1000))
return 1
"""
)


class How(StrEnum):
    """How one act is counted."""

    COUNT = "count"  # one more
    MEMBER = "member"  # one more if it is another one
    AFTER = "after"  # one more if somebody else's was given back at the same place moments ago
    READ = "read"  # not at all: only looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One thing to count: `kind` names the rule, `subject` who is counted (`account:…`), `place` where (AFTER)."""

    kind: str
    subject: str
    how: How = How.COUNT
    member: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A subject to look at: it did `kind` so often within its window. Told at most once a minute."""

    kind: str
    subject: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Within so many seconds: noted when more than `note`, refused from the one after `refuse` on; 0 is never."""

    seconds: int
    note: int
    refuse: int


def put_rules(rules: Mapping[str, Rule]) -> None:
    """The rules from now on, for all processes."""
    told = {kind: [rule.seconds, rule.note, rule.refuse] for kind, rule in rules.items()}
    redis.client().set(_key("rules"), json.dumps(told))


def put_standing(subject: str, standing: str, seconds: int) -> None:
    """`held` or `free` for so long; what was counted until now is forgotten for who is freed."""
    redis.client().set(_key("standing", subject), standing, ex=max(1, seconds))


def end_standing(subject: str) -> None:
    """Nothing is known of him any more."""
    redis.client().delete(_key("standing", subject))


def forget(kinds: Iterable[str], subject: str) -> None:
    """What was counted of a subject."""
    redis.client().delete(*(_key(kind, subject) for kind in kinds))


def members(kind: str, subject: str, most: int) -> list[str]:
    """The different ones counted in this window, the first first."""
    return [str(member) for member in redis.client().zrange(_key(kind, subject), 0, most - 1)]


def note_left(place: str, subjects: Iterable[str], member: str, tallies: Iterable[Tally]) -> None:
    """Something was given back: who takes the same place for somebody else moments later is counted by AFTER."""
    marks = [(place, subject, member) for subject in subjects]
    redis.client().eval(_LEAVE, 1, _key(), encoded(tallies), json.dumps(marks), str(LEFT_SECONDS))


def encoded(tallies: Iterable[Tally]) -> str:
    """As the script reads them."""
    return json.dumps([[one.kind, one.subject, one.how, one.member, one.place] for one in tallies if one.subject])


def notes_of(due: list[Any]) -> tuple[Note, ...]:
    """What the script says is to be noted."""
    return tuple(
        Note(kind=str(due[at]), subject=str(due[at + 1]), count=int(due[at + 2])) for at in range(0, len(due), 3)
    )


def prefix() -> str:
    """Where everything here lies."""
    return _key()


def _key(*parts: str) -> str:
    return redis.key(*_PARTS, *parts)

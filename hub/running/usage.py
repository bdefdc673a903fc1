"""Who used what, by the hour: counted in each process, added up in Redis, stored by the watch (JA-OPS-05).

Members of staff by themselves, residents and callers of the API together. A process that is killed loses the counts
of its last seconds; the audit, which loses nothing, says what was done with data.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from datetime import datetime

from django.db import connections
from django.db.models import Max, Sum
from django.http import HttpRequest
from redis.exceptions import RedisError

from hub import clock, redis
from hub.actor import Actor, ActorKind
from hub.running.faults import WATCH
from hub.running.models import UsageHour
from hub.running.permissions import VIEW
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.work import work

FLUSH_SECONDS = 5.0
RESIDENTS, NOBODY = "residents", "nobody"
_SERVER_ERROR = 500

_UPSERT = """
INSERT INTO running_usage_hour (hour, hospital, actor, actor_name, route, times, failures, total_ms)
SELECT to_timestamp(hour), hospital, actor, actor_name, route, times, failures, total_ms
FROM json_to_recordset(%s::json) AS t(hour bigint, hospital text, actor text, actor_name text, route text, times int,
                                     failures int, total_ms bigint)
ON CONFLICT (hour, hospital, actor, route) DO UPDATE
SET times = running_usage_hour.times + EXCLUDED.times, failures = running_usage_hour.failures + EXCLUDED.failures,
    total_ms = running_usage_hour.total_ms + EXCLUDED.total_ms, actor_name = EXCLUDED.actor_name
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSearch:
    """What an operator looks for; empty fields don't narrow."""

    since: datetime
    until: datetime
    who: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageView:
    """One person's use of one function over the period."""

    actor_name: str
    hospital: str
    route: str
    times: int
    failures: int
    mean_ms: int
    last_hour: datetime


class _Counts:
    """What this process has counted and not yet handed on: key -> [times, failures, ms]."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held: dict[str, list[int]] = {}
        self._flushed = time.monotonic()

    def add(self, key: str, *, failed: bool, ms: int) -> bool:
        """One more; hands everything on when it is time, and says whether it was."""
        with self._guard:
            counts = self._held.setdefault(key, [0, 0, 0])
            counts[0], counts[1], counts[2] = counts[0] + 1, counts[1] + failed, counts[2] + ms
            due = time.monotonic() - self._flushed > FLUSH_SECONDS
        if due:
            self.flush()
        return due

    def flush(self) -> None:
        """Add what is held to Redis; a cache that is away costs these counts."""
        with self._guard:
            held, self._held, self._flushed = self._held, {}, time.monotonic()
        if not held:
            return
        try:
            with redis.client().pipeline(transaction=False) as pipe:
                for key, counts in held.items():
                    for place, count in enumerate(counts):
                        if count:
                            pipe.hincrby(redis.key("usage"), json.dumps([key, place]), count)
                pipe.execute()
        except RedisError:
            return


_counts = _Counts()


def note(request: HttpRequest, *, route: str, status: int, seconds: float) -> bool:
    """One request was answered; whether this was one of the moments (every few seconds) for other small duties."""
    actor = getattr(request, "actor", None) or getattr(request, "user", None)
    if not isinstance(actor, Actor):
        who = (NOBODY, "未登录")
    elif actor.kind is ActorKind.STAFF:
        who = (str(actor.id), actor.name)
    else:
        who = (RESIDENTS, "居民")
    hour = int(clock.now().timestamp()) // 3600 * 3600
    key = json.dumps([hour, getattr(request, "hospital", None) or "", *who, f"{request.method} {route}"[:200]])
    return _counts.add(key, failed=status >= _SERVER_ERROR, ms=round(seconds * 1000))


def flush() -> None:
    """Hand on what this process holds (tests; the end of a process)."""
    _counts.flush()


def store() -> int:
    """Move the counts from Redis into their table; how many lines. Renamed first, so that a crash repeats the move."""
    client, taking = redis.client(), redis.key("usage", "taking")
    if not client.exists(taking):
        if not client.exists(redis.key("usage")):
            return 0
        client.rename(redis.key("usage"), taking)
    lines: dict[str, dict[str, object]] = {}
    for field, count in client.hgetall(taking).items():
        key, place = json.loads(field)
        hour, hospital, actor, name, route = json.loads(key)
        line = lines.setdefault(
            key,
            {"hour": hour, "hospital": hospital, "actor": actor, "actor_name": name[:64], "route": route}
            | {"times": 0, "failures": 0, "total_ms": 0},
        )
        line[("times", "failures", "total_ms")[place]] = int(count)
    with work(REGION, actor=WATCH) as unit, connections["default"].cursor() as cursor:
        cursor.execute(_UPSERT, [json.dumps(list(lines.values()), ensure_ascii=False)])
        unit.audit("running.usage_stored", target="usage", detail={"lines": len(lines)})
    client.delete(taking)
    return len(lines)


def used(*, actor: Actor, search: UsageSearch, skip: int = 0, limit: int = 50) -> list[UsageView]:
    """Who used what in a period, most used first. One query."""
    require(actor, VIEW)
    with region(read_only=True):
        rows = UsageHour.objects.filter(hour__gte=search.since, hour__lt=search.until)
        if search.who:
            rows = rows.filter(actor_name__contains=search.who)
        if search.what:
            rows = rows.filter(route__contains=search.what)
        grouped = rows.values("actor_name", "hospital", "route").annotate(
            all_times=Sum("times"), all_failures=Sum("failures"), all_ms=Sum("total_ms"), last=Max("hour")
        )
        return [
            UsageView(
                actor_name=row["actor_name"],
                hospital=row["hospital"],
                route=row["route"],
                times=row["all_times"],
                failures=row["all_failures"],
                mean_ms=round(row["all_ms"] / max(1, row["all_times"])),
                last_hour=row["last"],
            )
            for row in grouped.order_by("-all_times", "actor_name", "route")[skip : skip + limit]
        ]

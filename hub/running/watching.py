"""Looks at every service and keeps when each ran and when it did not (JA-OPS-02, JA-OPS-05)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connections
from redis.exceptions import RedisError

from hub import clock
from hub.actor import Actor
from hub.observability import health, heartbeat
from hub.running import release
from hub.running.faults import WATCH
from hub.running.models import ServiceSpan, ServiceState
from hub.running.permissions import VIEW
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.words import said
from hub.work import work

SILENCE = 60.0
"""Seconds without a sign of life after which a process counts as stopped."""
DRIFT = 2.0
FULL = 80.0
"""Seconds, and per cent of the space, from which on somebody has to act."""
OPTIONAL = frozenset({"listener", "sse"})
"""Not every installation runs these: never seen is no alarm, fallen silent is."""
_CONDITIONS = frozenset({"clock", "space", "release"})
"""No process that could stop, but something that must hold."""
_TITLES = {
    "database": "公共库（PostgreSQL）",
    "hospital_database": "医院库（PostgreSQL）",
    "redis": "缓存（Redis）",
    "objects": "文件存储（S3）",
    "relay": "投递进程",
    "scheduler": "定时调度",
    "worker.sweeps": "后台进程（清扫）",
    "worker.exchange": "后台进程（医院往来）",
    "worker.jobs": "后台进程（任务）",
    "worker.institutions": "后台进程（机构与备份）",
    "clock": "时钟",
    "space": "数据库空间（含审计）",
    "release": "程序文件",
    "listener": "HL7 接收进程",
    "sse": "推送进程",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """A service as it is now; `since` is when that was first seen. `state` is empty where it was never there."""

    code: str
    title: str
    state: str
    note: str
    since: datetime | None

    @property
    def trouble(self) -> str:
        """What its being down is called."""
        return said("异常") if self.code in _CONDITIONS else ServiceState.DOWN.label


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanView:
    """A time a service was in one state."""

    title: str
    state: str
    label: str
    note: str
    since: datetime
    until: datetime | None


def observe() -> dict[str, tuple[str, str]]:
    """Look at every service now: code -> (state, note)."""
    seen = {check.name: _works(check.works) for check in health.CHECKS if check.name != "relay"}
    seen["clock"], seen["space"], seen["release"] = _clock(), _space(), _release()
    for code in _TITLES:
        if code not in seen:
            seen[code] = _beats(code)
    return seen


def watch() -> int:
    """Write down what changed since the last look; how many services changed.

    What was not looked at for a while was not running either: the scheduler brings the looks, so its own silence is
    written when it is back.
    """
    seen, now, changed = observe(), clock.now(), 0
    with work(REGION, actor=WATCH) as unit:
        open_spans = {row.service: row for row in ServiceSpan.objects.select_for_update().filter(until__isnull=True)}
        changed += _silence(open_spans.get("scheduler"), now)
        for code, (state, note) in seen.items():
            row = open_spans.get(code)
            if not state:
                continue
            if row is not None and row.until is None and row.state == state:
                row.seen_at, row.note = now, note[:200]
                row.save(update_fields=["seen_at", "note"])
                continue
            if row is not None and row.until is None:
                row.until = now
                row.save(update_fields=["until"])
            ServiceSpan.objects.create(service=code, state=state, note=note[:200], since=now, seen_at=now)
            changed += 1
        unit.audit("running.watched", target="services", detail={"changed": changed})
    return changed


def services(*, actor: Actor) -> list[ServiceView]:
    """Every service as it is at this moment, stopped ones first. One query besides the looks."""
    require(actor, VIEW)
    seen = observe()
    with region(read_only=True):
        since = dict(ServiceSpan.objects.filter(until__isnull=True).values_list("service", "since"))
        known = dict(ServiceSpan.objects.filter(until__isnull=True).values_list("service", "state"))
    views = [
        ServiceView(
            code=code,
            title=_TITLES[code],
            state=state,
            note=note,
            since=since.get(code) if known.get(code) == state else None,
        )
        for code, (state, note) in seen.items()
    ]
    return sorted(views, key=lambda view: (view.state != ServiceState.DOWN, view.state == "", view.code))


def spans(*, actor: Actor, since: datetime, until: datetime, stopped_only: bool = False) -> list[SpanView]:
    """How services ran in a period, newest first. One query."""
    require(actor, VIEW)
    with region(read_only=True):
        rows = ServiceSpan.objects.filter(since__lt=until).exclude(until__lt=since)
        if stopped_only:
            rows = rows.filter(state=ServiceState.DOWN)
        return [
            SpanView(
                title=_TITLES.get(row.service, row.service),
                state=row.state,
                label=ServiceState(row.state).label,
                note=row.note,
                since=row.since,
                until=row.until,
            )
            for row in rows.order_by("-since", "service")[:500]
        ]


def _silence(row: ServiceSpan | None, now: datetime) -> int:
    """The looks themselves stopped for a while: end what was open, and write the gap."""
    if row is None or row.state != ServiceState.UP or now - row.seen_at <= timedelta(seconds=4 * SILENCE):
        return 0
    row.until = row.seen_at
    row.save(update_fields=["until"])
    ServiceSpan.objects.create(
        service=row.service, state=ServiceState.DOWN, note="没有定时任务", since=row.seen_at, until=now, seen_at=now
    )
    return 1


def _works(look: Callable[[], bool]) -> tuple[str, str]:
    return (ServiceState.UP, "") if look() else (ServiceState.DOWN, "连接不上")


def _clock() -> tuple[str, str]:
    """This machine's time against the database's: entries of one act must not disagree about when it was."""
    try:
        with region(read_only=True), connections["default"].cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            drift = abs((clock.now() - cursor.fetchone()[0]).total_seconds())
    except DatabaseError:
        return ServiceState.DOWN, "数据库不可用，无法核对"
    return (ServiceState.UP, "") if drift < DRIFT else (ServiceState.DOWN, f"与数据库相差 {drift:.1f} 秒")


def _space() -> tuple[str, str]:
    """What the database, with the audit in it, takes of the space it has been given: told before it is full."""
    capacity = settings.HUB_DATABASE_CAPACITY_GB << 30
    if not capacity:
        return "", "未登记容量"
    try:
        with region(read_only=True), connections["default"].cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            share = 100 * cursor.fetchone()[0] / capacity
    except DatabaseError:
        return ServiceState.DOWN, "数据库不可用，无法得知"
    return (ServiceState.UP if share < FULL else ServiceState.DOWN), f"已用 {share:.0f}%"


def _release() -> tuple[str, str]:
    if not release.is_sealed():
        return "", "未封装"
    found = release.problems()
    return (ServiceState.DOWN, release.told(found)) if found else (ServiceState.UP, "")


def _beats(code: str) -> tuple[str, str]:
    try:
        age = heartbeat.age(code)
    except RedisError:
        return ServiceState.DOWN, "缓存不可用，无法得知"
    if age is None:
        return ("", "未部署") if code in OPTIONAL else (ServiceState.DOWN, "没有任何信号")
    return (ServiceState.UP, "") if age < SILENCE else (ServiceState.DOWN, f"{int(age)} 秒没有信号")


def queues() -> list[str]:
    """The queues whose workers give signs of life."""
    return sorted(settings.CELERY_TASK_QUEUES)

"""Reads for pages, commands and metrics; one query each unless said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings

from hub import clock
from hub.errors import NotFound
from hub.recovery import clusters
from hub.recovery.clusters import Cluster
from hub.recovery.models import Backup, BackupKind, BackupState, Cleanup, CleanupState, Drill, DrillKind
from hub.tenancy.scope import REGION, region

BROKEN_OFF = timedelta(hours=6)  # a backup that still runs then was killed
LATE_AFTER = {BackupKind.CLUSTER: timedelta(hours=26), BackupKind.OBJECTS: timedelta(hours=26)}


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupView:
    """A backup as people see it; sizes in bytes."""

    id: UUID
    kind: BackupKind
    scope: str
    state: BackupState
    started_at: datetime
    ended_at: datetime | None
    size: int
    error: str
    made_by: str
    keep_until: date
    verified_at: datetime | None
    confirmed_by: str
    confirmed_at: datetime | None

    @property
    def may_be_confirmed(self) -> bool:
        """Whether it was read back and nobody has confirmed it yet."""
        return self.state is BackupState.DONE and self.verified_at is not None and not self.confirmed_by


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillView:
    """A return as people see it; `counts` are [table, before, after, agree], `checks` [name, ok, text]."""

    id: UUID
    kind: DrillKind
    scope: str
    rehearsal: bool
    backup_id: UUID
    to_time: datetime | None
    started_at: datetime
    ended_at: datetime | None
    done_by: str
    steps: list[list[str]]
    counts: list[list[str]]
    checks: list[list[str]]
    ok: bool | None
    confirmed_by: str
    confirmed_at: datetime | None

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupView:
    """A batch of rows that was cleaned up, or refused."""

    id: UUID
    name: str
    scope: str
    table: str
    rows: int
    state: CleanupState
    reason: str
    at: datetime
    keep_until: date | None
    restored_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How backups of a kind stand: the newest good one, the newest failure after it, whether it is too old."""

    kind: BackupKind
    scope: str
    last_good: datetime | None
    failed_since: str
    is_late: bool

    @property
    def is_red(self) -> bool:
        """Whether somebody must look."""
        return self.is_late or bool(self.failed_since)


def backups(*, limit: int, kind: str = "", scope: str = "", before: datetime | None = None) -> list[BackupView]:
    """The newest, narrowed by kind and scope, begun before an instant."""
    wanted: dict[str, object] = {"kind": kind, "scope": scope, "started_at__lt": before}
    with region(read_only=True):
        rows = Backup.objects.filter(**{name: value for name, value in wanted.items() if value})
        return [_backup(row) for row in rows.order_by("-started_at")[:limit]]


def drills(*, limit: int) -> list[DrillView]:
    """The newest returns."""
    with region(read_only=True):
        return [_drill(row) for row in Drill.objects.order_by("-started_at")[:limit]]


def drill(drill_id: UUID) -> DrillView:
    """One return; NotFound if there is none."""
    with region(read_only=True):
        row = Drill.objects.filter(pk=drill_id).first()
    if row is None:
        raise NotFound
    return _drill(row)


def cleanups(*, limit: int) -> list[CleanupView]:
    """The newest clean-ups."""
    with region(read_only=True):
        rows = Cleanup.objects.defer("wrapped_key").order_by("-at")[:limit]
        return [
            CleanupView(
                id=row.id, name=row.name, scope=row.scope, table=row.table, rows=row.rows,
                state=CleanupState(row.state), reason=row.reason, at=row.at, keep_until=row.keep_until,
                restored_at=row.restored_at,
            )
            for row in rows
        ]  # fmt: skip


def health() -> list[Health]:
    """How the backups of everything stand. One query for each kind, and one for each further server.

    A further database without a login of its own counts once it was seen to lie on a server nobody copies.
    """
    with region(read_only=True):
        found = [_health(kind, REGION) for kind in LATE_AFTER]
        further = [Cluster(name).scope for name in settings.HUB_BACKUP_DATABASE_URLS if name]
        others = [_health(BackupKind.CLUSTER, scope) for scope in further]
    return found + [one for one in others if one.last_good or one.failed_since or clusters.has_login(one.scope)]


def _health(kind: BackupKind, scope: str) -> Health:
    rows = Backup.objects.filter(kind=kind, scope=scope).order_by("-started_at")
    good, failure = None, ""
    for state, begun, at, error in rows.values_list("state", "started_at", "ended_at", "error")[:20]:
        if state == BackupState.FAILED and not failure:
            failure = error or "失败"
        if state == BackupState.RUNNING and clock.now() - begun > BROKEN_OFF and not failure:
            failure = "备份进程中断，没有做完"
        if state == BackupState.DONE:
            good = at
            break
    late = good is None or clock.now() - good > LATE_AFTER[kind]
    is_expected = bool(settings.HUB_BACKUP_EXPECTED)
    return Health(kind=kind, scope=scope, last_good=good, failed_since=failure, is_late=late and is_expected)


def _backup(row: Backup) -> BackupView:
    return BackupView(
        id=row.id, kind=BackupKind(row.kind), scope=row.scope, state=BackupState(row.state),
        started_at=row.started_at, ended_at=row.ended_at, size=row.size, error=row.error, made_by=row.made_by,
        keep_until=row.keep_until, verified_at=row.verified_at, confirmed_by=row.confirmed_by,
        confirmed_at=row.confirmed_at,
    )  # fmt: skip


def _drill(row: Drill) -> DrillView:
    return DrillView(
        id=row.id, kind=DrillKind(row.kind), scope=row.scope, rehearsal=row.rehearsal, backup_id=row.backup_id,
        to_time=row.to_time, started_at=row.started_at, ended_at=row.ended_at, done_by=row.done_by, steps=row.steps,
        counts=row.counts, checks=row.checks, ok=row.ok, confirmed_by=row.confirmed_by,
        confirmed_at=row.confirmed_at,
    )  # fmt: skip

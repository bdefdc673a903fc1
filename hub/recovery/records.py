"""Writing down what became of backups and returns. A backup that failed leaves a row, a log line and a red light."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from hub import clock, ids
from hub.actor import Actor, ActorKind
from hub.recovery import vault
from hub.recovery.errors import BackupFailed, NotConfirmable, UnknownBackup
from hub.recovery.models import Backup, BackupKind, BackupState, Drill, DrillKind
from hub.recovery.permissions import CONFIRM
from hub.security.keyring import REGION_OWNER
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.work import work

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Making:
    """A backup that is being made: its work sets `file` and fills `facts`."""

    id: UUID
    kind: BackupKind
    scope: str
    file: vault.Sealed | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    size: int = 0


@contextmanager
def making(kind: BackupKind, scope: str, *, actor: Actor) -> Iterator[Making]:
    """Record a backup from its start to its end, whatever the end is. The note is written before the row says DONE."""
    backup_id, keep_until = ids.uuid7(), _keep_until(kind)
    with work(REGION, actor=actor) as unit:
        started_at = unit.now
        Backup.objects.create(
            id=backup_id, kind=kind, scope=scope, started_at=started_at, made_by=actor.name, keep_until=keep_until
        )
        unit.audit("backup.started", target=f"backup:{backup_id}", detail={"kind": kind, "scope": scope})
    made = Making(backup_id, kind, scope)
    try:
        yield made
        note = _note(made, started_at, actor, keep_until)
        vault.keep_note(note)
    except Exception as problem:
        _failed(backup_id, kind, scope, actor, problem)
        raise
    with work(REGION, actor=actor) as unit:
        Backup.objects.filter(pk=backup_id).update(**_columns(note), state=BackupState.DONE, size=made.size)
        unit.audit("backup.done", target=f"backup:{backup_id}", detail={"kind": kind, "scope": scope})


def _failed(backup_id: UUID, kind: BackupKind, scope: str, actor: Actor, problem: Exception) -> None:
    text = problem.text if isinstance(problem, BackupFailed) else f"{type(problem).__name__}"
    logger.error("backup failed", extra={"backup_kind": kind, "scope": scope, "failure": text})
    with work(REGION, actor=actor) as unit:
        Backup.objects.filter(pk=backup_id).update(state=BackupState.FAILED, ended_at=unit.now, error=text[:300])
        unit.audit("backup.failed", target=f"backup:{backup_id}", outcome="failure", reason=text[:300])


def _note(made: Making, started_at: datetime, actor: Actor, keep_until: date) -> vault.Note:
    return vault.Note(
        id=made.id,
        kind=made.kind,
        scope=made.scope,
        started_at=started_at.isoformat(),
        ended_at=clock.now().isoformat(),
        made_by=actor.name,
        keep_until=keep_until.isoformat(),
        keys_needed=vault.keys_of(made.scope if made.kind is BackupKind.HOSPITAL else REGION_OWNER),
        file=made.file,
        facts=made.facts,
    )


def _columns(note: vault.Note) -> dict[str, Any]:
    return {
        "ended_at": datetime.fromisoformat(note.ended_at),
        "place": note.file.name if note.file else "",
        "sha256": note.file.sha256 if note.file else "",
        "facts": note.facts,
    }


def _keep_until(kind: BackupKind) -> date:
    days: dict[str, int] = settings.HUB_BACKUP_KEEP_DAYS
    return clock.today() + timedelta(days=days[kind])


def read_back(backup_id: UUID, *, actor: Actor) -> int:
    """Read a backup to its last byte and compare it with its note (JA-SEC-03); its plain size. BackupDamaged if not."""
    note = vault.note(backup_id)
    size = 0
    if note.file is not None:
        for piece in vault.read(note.file):
            size += len(piece)
        if size != note.file.size:
            raise BackupFailed("备份文件比记录的短，不能使用。")
    with work(REGION, actor=actor) as unit:
        Backup.objects.filter(pk=backup_id).update(verified_at=unit.now)
        unit.audit("backup.read_back", target=f"backup:{backup_id}", detail={"bytes": size})
    return size


def _may_confirm(actor: Actor) -> None:
    """Staff need the permission; whoever works at the operators' terminal was let in by the machine."""
    if actor.kind is not ActorKind.SYSTEM:
        require(actor, CONFIRM)


def confirm_backup(backup_id: UUID, *, actor: Actor) -> None:
    """A named person says that this backup is good; only one that was read back can be confirmed."""
    _may_confirm(actor)
    with work(REGION, actor=actor) as unit:
        row = Backup.objects.select_for_update().filter(pk=backup_id).first()
        if row is None:
            raise UnknownBackup
        if row.state != BackupState.DONE or row.verified_at is None:
            raise NotConfirmable
        row.confirmed_by, row.confirmed_at = actor.name, unit.now
        row.save(update_fields=["confirmed_by", "confirmed_at"])
        unit.audit("backup.confirmed", target=f"backup:{backup_id}")


def confirm_drill(drill_id: UUID, *, actor: Actor) -> None:
    """A named person has looked at the counts and checks of a return and stands for them (JA-SEC-05)."""
    _may_confirm(actor)
    with work(REGION, actor=actor) as unit:
        row = Drill.objects.select_for_update().filter(pk=drill_id).first()
        if row is None:
            raise UnknownBackup
        if row.ended_at is None:
            raise NotConfirmable("恢复还没有结束，不能确认。")
        row.confirmed_by, row.confirmed_at = actor.name, unit.now
        row.save(update_fields=["confirmed_by", "confirmed_at"])
        unit.audit("drill.confirmed", target=f"drill:{drill_id}", detail={"agreed": row.ok})


@dataclass(slots=True)
class Returning:
    """A return that is under way: steps with their seconds, counts and checks as they come."""

    id: UUID
    steps: list[list[str]] = field(default_factory=list)
    counts: list[list[str]] = field(default_factory=list)
    checks: list[list[str]] = field(default_factory=list)
    began: datetime = field(default_factory=clock.now)

    def step(self, text: str) -> None:
        """A step is done; its time since the beginning is kept."""
        self.steps.append([text, f"{(clock.now() - self.began).total_seconds():.1f}"])

    def check(self, name: str, *, ok: bool, text: str = "") -> None:
        """What a check said."""
        self.checks.append([name, "yes" if ok else "no", text[:300]])

    @property
    def agrees(self) -> bool:
        """Whether all counts and all checks are as they should be."""
        return all(line[3] != "no" for line in self.counts) and all(line[1] == "yes" for line in self.checks)


@contextmanager
def returning(
    kind: DrillKind, scope: str, backup_id: UUID, *, rehearsal: bool, actor: Actor, to_time: datetime | None = None
) -> Iterator[Returning]:
    """Record a return from its start to its end; one that broke off is recorded as not in agreement."""
    drill_id = ids.uuid7()
    with work(REGION, actor=actor) as unit:
        Drill.objects.create(
            id=drill_id, kind=kind, scope=scope, rehearsal=rehearsal, backup_id=backup_id, to_time=to_time,
            started_at=unit.now, done_by=actor.name,
        )  # fmt: skip
        unit.audit("drill.started", target=f"drill:{drill_id}", detail={"kind": kind, "scope": scope})
    under_way = Returning(drill_id)
    ended_well = False
    try:
        yield under_way
        ended_well = under_way.agrees
    except Exception as problem:
        under_way.check("没有做完", ok=False, text=f"{type(problem).__name__}: {problem}")
        raise
    finally:
        with work(REGION, actor=actor) as unit:
            Drill.objects.filter(pk=drill_id).update(
                ended_at=unit.now, steps=under_way.steps, counts=under_way.counts, checks=under_way.checks,
                ok=ended_well,
            )  # fmt: skip
            unit.audit("drill.ended", target=f"drill:{drill_id}", outcome="success" if ended_well else "failure")


def prune(*, actor: Actor) -> list[UUID]:
    """Remove what is past its time; the newest good one of each kind and scope stays, however old (JA-SEC-07)."""
    with region(read_only=True):
        rows = list(Backup.objects.filter(state=BackupState.DONE).order_by("-started_at"))
    newest: set[tuple[str, str]] = set()
    doomed: list[UUID] = []
    for row in rows:
        if (row.kind, row.scope) in newest and row.keep_until < clock.today():
            doomed.append(row.id)
        newest.add((row.kind, row.scope))
    for backup_id in doomed:
        vault.remove(backup_id)
        with work(REGION, actor=actor) as unit:
            Backup.objects.filter(pk=backup_id).update(state=BackupState.REMOVED)
            unit.audit("backup.removed", target=f"backup:{backup_id}", reason="kept long enough")
    return doomed


def rescan(*, actor: Actor) -> int:
    """Write the rows anew for files whose record was lost with the database; how many."""
    notes = {note.id: note for note in vault.notes()}
    with work(REGION, actor=actor) as unit:
        known = set(Backup.objects.filter(pk__in=notes).values_list("pk", flat=True))
        missing = [note for backup_id, note in notes.items() if backup_id not in known]
        for note in missing:
            Backup.objects.create(
                id=note.id, kind=note.kind, scope=note.scope, state=BackupState.DONE, made_by=note.made_by,
                started_at=datetime.fromisoformat(note.started_at), keep_until=date.fromisoformat(note.keep_until),
                size=int(note.facts.get("bytes_stored", 0)), **_columns(note),
            )  # fmt: skip
        unit.audit("backup.rescanned", target="backups", detail={"found": len(missing)})
    return len(missing)


def newest(kind: BackupKind, scope: str) -> UUID:
    """The newest finished backup of a kind and scope; UnknownBackup if there is none."""
    with region(read_only=True):
        row = (
            Backup.objects.filter(kind=kind, scope=scope, state=BackupState.DONE)
            .order_by("-started_at")
            .values_list("pk", flat=True)
            .first()
        )
    if row is None:
        raise UnknownBackup
    return row

"""Verifying a whole audit away from the request that asked for it, with its progress for the page that waits."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from hub import clock
from hub.actor import Actor, system_actor
from hub.audit.selectors import newest_entry
from hub.audit.verify import Flaw, Report, verify
from hub.errors import NotFound
from hub.journal.region.models import AuditCheck, CheckState
from hub.journal.region.permissions import VERIFY_AUDIT
from hub.outbox.events import Event
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.work import work

WORKER = system_actor("审计校验")
DISTRICT = "district"
FLAW_TEXTS = {
    Flaw.ALTERED: "记录被改动",
    Flaw.MISSING: "记录缺失",
    Flaw.UNSEALED: "记录迟迟未封存",
    Flaw.UNMARKED: "记录来历不明",
    Flaw.BROKEN: "封存链断裂",
    Flaw.CUT: "封存链被截断",
}
_TELL_SECONDS = 0.5
_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCheckDue(Event):
    """Somebody asked for a verification."""

    NAME: ClassVar[str] = "audit.check_due"
    check_id: UUID

    @property
    def aggregate(self) -> str:
        """By itself."""
        return f"audit_check:{self.check_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """A verification as the page shows it."""

    id: UUID
    state: CheckState
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    expected: int
    entries: int
    seals: int
    pending: int
    findings: tuple[tuple[str, str], ...]

    @property
    def is_moving(self) -> bool:
        """Whether a worker is at it."""
        return self.state in (CheckState.WAITING, CheckState.RUNNING)


def ask(*, actor: Actor) -> UUID:
    """Have the audit of the actor's hospital, or the district's, verified; the id of the verification."""
    require(actor, VERIFY_AUDIT)
    scope = actor.institution or REGION
    with work(REGION, actor=actor) as unit:
        check = AuditCheck.objects.create(
            scope=scope, institution_code=actor.institution or DISTRICT, asked_by=actor.name, asked_at=unit.now
        )
        unit.publish(AuditCheckDue(check_id=check.id))
        unit.audit("audit.check_asked", target=f"audit_check:{check.id}")
    return check.id


def carry_out(check_id: UUID) -> None:
    """Verify, telling how far it is now and then; safe to run again."""
    told = time.monotonic()

    def watch(report: Report) -> None:
        nonlocal told
        if time.monotonic() - told >= _TELL_SECONDS:
            told = time.monotonic()
            with region():
                AuditCheck.objects.filter(pk=check_id).update(entries=report.entries, seals=report.seals)

    with region(read_only=True):
        scope = AuditCheck.objects.values_list("scope", flat=True).get(pk=check_id)
    newest = newest_entry(scope)
    with region():
        AuditCheck.objects.filter(pk=check_id).update(state=CheckState.RUNNING, expected=newest)
    report = verify(scope, watch=watch)
    _end(check_id, report)
    with work(scope, actor=WORKER) as unit:
        unit.audit(
            "audit.verified",
            target=f"journal:{scope}",
            outcome="failure" if report.findings else "success",
            detail={"check": str(check_id), "entries": report.entries, "findings": len(report.findings)},
        )


def _end(check_id: UUID, report: Report) -> None:
    with region():
        AuditCheck.objects.filter(pk=check_id).update(
            state=CheckState.FLAWED if report.findings else CheckState.SOUND,
            ended_at=clock.now(),
            entries=report.entries,
            seals=report.seals,
            pending=report.pending,
            findings=[[found.flaw, found.where] for found in report.findings[:_SHOWN]],
        )


def latest(*, scope: str = REGION, limit: int = 10) -> list[CheckView]:
    """The last verifications of a journal, newest first. One query."""
    with region(read_only=True):
        return [_view(row) for row in AuditCheck.objects.filter(scope=scope).order_by("-asked_at")[:limit]]


def check(check_id: UUID, *, scope: str = REGION) -> CheckView:
    """One verification of that journal; NotFound for another's. One query."""
    with region(read_only=True):
        row = AuditCheck.objects.filter(pk=check_id, scope=scope).first()
    if row is None:
        raise NotFound
    return _view(row)


def _view(row: AuditCheck) -> CheckView:
    return CheckView(
        id=row.id,
        state=CheckState(row.state),
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        ended_at=row.ended_at,
        expected=row.expected,
        entries=row.entries,
        seals=row.seals,
        pending=row.pending,
        findings=tuple((FLAW_TEXTS[Flaw(flaw)], where) for flaw, where in row.findings),
    )

"""Verifying a whole audit away from the request that asked for it, with its progress for the page that waits."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from hub import clock
from hub.actor import Actor, system_actor
from hub.audit.verify import Flaw, Report, verify
from hub.errors import NotFound
from hub.journal.region.models import AuditCheck, AuditRow, CheckState
from hub.journal.region.permissions import VERIFY_AUDIT
from hub.outbox.events import Event
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.work import work

WORKER = system_actor("审计校验")
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
    """Have the district's audit verified; the id of the verification."""
    require(actor, VERIFY_AUDIT)
    with work(REGION, actor=actor) as unit:
        check = AuditCheck.objects.create(scope=REGION, asked_by=actor.name, asked_at=unit.now)
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

    with region():
        newest = AuditRow.objects.order_by("-id").values_list("id", flat=True).first() or 0
        AuditCheck.objects.filter(pk=check_id).update(state=CheckState.RUNNING, expected=newest)
    report = verify(REGION, watch=watch)
    with work(REGION, actor=WORKER) as unit:
        AuditCheck.objects.filter(pk=check_id).update(
            state=CheckState.FLAWED if report.findings else CheckState.SOUND,
            ended_at=clock.now(),
            entries=report.entries,
            seals=report.seals,
            pending=report.pending,
            findings=[[found.flaw, found.where] for found in report.findings[:_SHOWN]],
        )
        unit.audit(
            "audit.verified",
            target=f"journal:{REGION}",
            outcome="failure" if report.findings else "success",
            detail={"check": str(check_id), "entries": report.entries, "findings": len(report.findings)},
        )


def latest(*, limit: int = 10) -> list[CheckView]:
    """The last verifications, newest first. One query."""
    with region(read_only=True):
        return [_view(row) for row in AuditCheck.objects.order_by("-asked_at")[:limit]]


def check(check_id: UUID) -> CheckView:
    """One verification. One query."""
    with region(read_only=True):
        row = AuditCheck.objects.filter(pk=check_id).first()
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

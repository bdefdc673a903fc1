"""Reads of what the synthetic resident met; values only, each says its queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Sum

from hub.tenancy.scope import region
from regional_services.synthetic.models import Depth, Service, StepName, SyntheticDay, SyntheticRun, SyntheticState


@dataclass(frozen=True, slots=True, kw_only=True)
class StateView:
    """One hospital as last found; `ok` is None before the first visit."""

    institution_code: str
    depth: str
    ran_at: datetime | None
    ok: bool | None
    since: datetime | None
    failures: int
    failed_step: str
    reason: str
    duration_ms: int | None
    paused_at: datetime | None
    paused_by: str
    paused_reason: str

    @property
    def depth_text(self) -> str:
        """How far it goes there."""
        return str(Depth(self.depth).label) if self.depth else ""

    @property
    def words(self) -> str:
        """What is wrong, in a few words; empty when nothing is."""
        return f"巡检失败：{StepName(self.failed_step).label}" if self.failed_step and not self.paused_at else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step of a visit."""

    name: str
    ms: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """One visit."""

    started_at: datetime
    ended_at: datetime
    depth: str
    ok: bool
    failed_step: str
    reason: str
    steps: tuple[StepView, ...]

    @property
    def duration_ms(self) -> int:
        """All its steps together."""
        return sum(step.ms for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """One service over some days; `share` is None where it was never measured."""

    runs: int
    failed: int
    down_seconds: int

    @property
    def share(self) -> float | None:
        """Visits that went well, in per cent."""
        return (self.runs - self.failed) * 100 / self.runs if self.runs else None


NEVER = Availability(runs=0, failed=0, down_seconds=0)


def states() -> dict[str, StateView]:
    """Every hospital the open scope shows. One query."""
    with region(read_only=True):
        return {row["institution_code"]: StateView(**row) for row in SyntheticState.objects.values(*_STATE)}


def state_of(code: str) -> StateView | None:
    """One hospital. One query."""
    with region(read_only=True):
        row = SyntheticState.objects.filter(institution_code=code).values(*_STATE).first()
    return StateView(**row) if row else None


def runs_of(code: str, *, skip: int = 0, limit: int = 50, failed_only: bool = False) -> list[RunView]:
    """Visits of a hospital, newest first, a page after the first `skip`. One query."""
    with region(read_only=True):
        rows = SyntheticRun.objects.filter(institution_code=code).order_by("-started_at")
        rows = rows.filter(ok=False) if failed_only else rows
        return [_run(row) for row in rows[skip : skip + limit]]


def failures_since(code: str, since: datetime, *, limit: int = 50) -> list[RunView]:
    """Visits of a hospital that failed, newest first: for the report of the night. One query."""
    with region(read_only=True):
        rows = SyntheticRun.objects.filter(institution_code=code, started_at__gte=since, ok=False)
        return [_run(row) for row in rows.order_by("-started_at")[:limit]]


def availability(first: date, last: date, code: str = "") -> dict[tuple[str, str], Availability]:
    """One hospital or all, by service, over these days; all together under the code "". One query."""
    with region(read_only=True):
        asked = SyntheticDay.objects.filter(day__gte=first, day__lte=last)
        rows = (
            (asked.filter(institution_code=code) if code else asked)
            .values("institution_code", "service")
            .annotate(all_runs=Sum("runs"), all_failed=Sum("failed"), down=Sum("down_seconds"))
        )
        found = {(row["institution_code"], row["service"]): _availability([row]) for row in rows}
        found |= {("", s.value): _availability([row for row in rows if row["service"] == s]) for s in Service}
    return found


_STATE = (
    *("institution_code", "depth", "ran_at", "ok", "since", "failures", "failed_step", "reason", "duration_ms"),
    *("paused_at", "paused_by", "paused_reason"),
)


def _availability(rows: list[dict[str, Any]]) -> Availability:
    return Availability(
        runs=sum(row["all_runs"] for row in rows),
        failed=sum(row["all_failed"] for row in rows),
        down_seconds=sum(row["down"] for row in rows),
    )


def _run(row: SyntheticRun) -> RunView:
    return RunView(
        started_at=row.started_at,
        ended_at=row.ended_at,
        depth=str(Depth(row.depth).label),
        ok=row.ok,
        failed_step=str(StepName(row.failed_step).label) if row.failed_step else "",
        reason=row.reason,
        steps=tuple(
            StepView(name=str(StepName(step["name"]).label), ms=step["ms"], problem=step["problem"])
            for step in row.steps
        ),
    )

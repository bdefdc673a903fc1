"""Reads of conformance runs, inside the hospital's scope; values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from institution_connectors.conformance.checks import BY_CODE, Check
from institution_connectors.conformance.errors import UnknownRun
from institution_connectors.conformance.models import ConformanceRun, ConformanceStep, StepState
from institution_connectors.contracts import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step with what crossed the wire."""

    check: Check
    state: StepState
    note: str
    attempts: int
    ended_at: datetime | None
    messages: tuple[dict[str, Any], ...]

    @property
    def moving(self) -> bool:
        """Whether it has not ended."""
        return self.state in (StepState.WAITING, StepState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """One run."""

    id: UUID
    dialect: str
    connector_version: int
    started_at: datetime
    started_by: str
    ended_at: datetime | None
    certificate: str
    steps: tuple[StepView, ...]

    @property
    def moving(self) -> bool:
        """Whether a step is still to end."""
        return any(step.moving for step in self.steps)

    def count(self, state: StepState) -> int:
        """How many steps stand so."""
        return sum(step.state is state for step in self.steps)

    @property
    def passed(self) -> bool:
        """Whether nothing failed and something was shown."""
        return not self.moving and not self.count(StepState.FAILED) and self.count(StepState.PASSED) > 0

    @property
    def proven(self) -> frozenset[Operation]:
        """Operations whose every check passed."""
        shown = {op for step in self.steps if step.state is StepState.PASSED for op in step.check.operations}
        doubted = {op for step in self.steps if step.state is not StepState.PASSED for op in step.check.operations}
        return frozenset(shown - doubted)


def runs(*, skip: int = 0, limit: int = 20) -> list[RunView]:
    """Runs with their steps, newest first, without messages. Two queries."""
    rows = list(ConformanceRun.objects.order_by("-started_at")[skip : skip + limit])
    steps: dict[UUID, list[ConformanceStep]] = {row.id: [] for row in rows}
    for step in ConformanceStep.objects.filter(run__in=rows).defer("messages").order_by("ordinal"):
        steps[step.run_id].append(step)
    return [_run(row, steps[row.id], with_messages=False) for row in rows]


def run(run_id: UUID) -> RunView:
    """One run with everything; UnknownRun for a stranger. Two queries."""
    row = ConformanceRun.objects.filter(id=run_id).first()
    if row is None:
        raise UnknownRun
    return _run(row, list(row.steps.order_by("ordinal")), with_messages=True)


def is_moving() -> bool:
    """Whether a check of this hospital is under way or waits. One query."""
    return ConformanceStep.objects.filter(state__in=(StepState.WAITING, StepState.RUNNING)).exists()


def _run(row: ConformanceRun, steps: list[ConformanceStep], *, with_messages: bool) -> RunView:
    return RunView(
        id=row.id,
        dialect=row.dialect,
        connector_version=row.connector_version,
        started_at=row.started_at,
        started_by=row.started_by,
        ended_at=row.ended_at,
        certificate=row.certificate,
        steps=tuple(
            StepView(
                check=BY_CODE[step.check_code],
                state=StepState(step.state),
                note=step.note,
                attempts=step.attempts,
                ended_at=step.ended_at,
                messages=tuple(step.messages) if with_messages else (),
            )
            for step in steps
            if step.check_code in BY_CODE
        ),
    )

"""Reads of institutions on their way in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.tenancy.scope import region
from tenants.registry.errors import UnknownInstitution
from tenants.registry.models import Onboarding, OnboardingState, StepState
from tenants.registry.onboarding import STEP_TEXTS


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step as the page shows it."""

    name: str
    text: str
    state: StepState
    note: str
    attempts: int
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JoiningView:
    """An institution on its way in."""

    code: str
    name: str
    state: OnboardingState
    started_by: str
    started_at: datetime
    live_at: datetime | None
    facts: dict[str, str]
    connector: dict[str, str]
    steps: tuple[StepView, ...]

    @property
    def done(self) -> int:
        """How many steps are behind it."""
        return sum(step.state is StepState.DONE for step in self.steps)

    @property
    def is_moving(self) -> bool:
        """Whether a worker is at it: the page asks again by itself."""
        return self.state in (OnboardingState.WAITING, OnboardingState.RUNNING)


def joinings(*, limit: int = 50) -> list[JoiningView]:
    """The latest, newest first. Two queries."""
    with region(read_only=True):
        rows = Onboarding.objects.prefetch_related("steps").order_by("-started_at")[:limit]
        return [_view(row) for row in rows]


def joining(code: str) -> JoiningView:
    """One of them. Two queries."""
    with region(read_only=True):
        row = Onboarding.objects.prefetch_related("steps").filter(pk=code).first()
        if row is None:
            raise UnknownInstitution
        return _view(row)


def _view(row: Onboarding) -> JoiningView:
    return JoiningView(
        code=row.code,
        name=row.facts["name"],
        state=OnboardingState(row.state),
        started_by=row.started_by,
        started_at=row.started_at,
        live_at=row.live_at,
        facts=row.facts,
        connector=row.connector,
        steps=tuple(
            StepView(
                name=step.name,
                text=STEP_TEXTS[step.name],
                state=StepState(step.state),
                note=step.note,
                attempts=step.attempts,
                ended_at=step.ended_at,
            )
            for step in row.steps.all()
        ),
    )

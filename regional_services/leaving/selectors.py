"""Reads of institutions on their way out; frozen views."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from hub.storage.objects import StoredObject
from hub.tenancy.scope import region
from regional_services.leaving.errors import NotLeaving
from regional_services.leaving.models import Leaving, LeavingReceipt, Stage
from regional_services.leaving.stages import STAGES


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One stage as the page shows it: ended with its result, or still to come."""

    stage: Stage
    note: str
    by_name: str
    ended_at: datetime | None
    is_now: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingView:
    """An institution on its way out."""

    code: str
    stage: Stage
    last_day: date
    words: str
    reason: str
    begun_by_name: str
    begun_at: datetime
    bookings: int
    paid_fen: int
    done: int
    total: int
    note: str
    in_trouble: bool
    attempts: int
    package_size: int
    package_sha256: str
    package_facts: dict[str, Any]
    packed_at: datetime | None
    on_hold: bool
    hold_reason: str
    asked_by: UUID | None
    asked_by_name: str
    asked_at: datetime | None
    destruction_reason: str
    confirmed_by_name: str
    confirmed_at: datetime | None
    certificate: dict[str, Any] | None
    left_at: datetime | None
    schema_until: date | None
    receipt: dict[str, Any] | None
    received_by_name: str
    received_at: datetime | None
    steps: tuple[StepView, ...]

    @property
    def is_moving(self) -> bool:
        """Whether a worker is at it: the page asks again by itself."""
        return self.stage in STAGES

    @property
    def has_package(self) -> bool:
        """Whether the package may be fetched: made, and not yet destroyed with its keys."""
        return self.packed_at is not None and self.stage in (Stage.RECEIPT, Stage.DECIDING)

    @property
    def percent(self) -> int:
        """How far the present stage is."""
        return 100 * self.done // self.total if self.total else 0


def leavings(*, limit: int = 100) -> list[LeavingView]:
    """The latest, newest first. Three queries."""
    with region(read_only=True):
        rows = Leaving.objects.prefetch_related("steps").select_related("receipt").order_by("-begun_at")[:limit]
        return [_view(row) for row in rows]


def leaving(code: str) -> LeavingView:
    """One of them; NotLeaving where the institution isn't. Two queries."""
    found = find(code)
    if found is None:
        raise NotLeaving
    return found


def find(code: str) -> LeavingView | None:
    """One of them, or None. Two queries."""
    with region(read_only=True):
        rows = Leaving.objects.filter(institution_code=code).prefetch_related("steps").select_related("receipt")
        row = rows.first()
        return None if row is None else _view(row)


def package_of(code: str) -> StoredObject:
    """Where the sealed package lies; NotLeaving while there is none. One query."""
    with region(read_only=True):
        row = Leaving.objects.filter(institution_code=code, stage__in=(Stage.RECEIPT, Stage.DECIDING)).first()
    if row is None or not row.package_key:
        raise NotLeaving
    return StoredObject(
        key=row.package_key,
        content_type="application/octet-stream",
        size=row.package_size,
        sha256=row.package_sha256,
        suite=row.package_suite,
        wrapped_key=bytes(row.package_wrapped or b""),
    )


def _view(row: Leaving) -> LeavingView:
    ended = {step.stage: step for step in row.steps.all()}
    receipt: LeavingReceipt | None = getattr(row, "receipt", None)
    names = set(LeavingView.__dataclass_fields__) - {
        "code",
        "stage",
        "receipt",
        "received_by_name",
        "received_at",
        "steps",
    }
    return LeavingView(
        code=row.institution_code,
        stage=Stage(row.stage),
        receipt=receipt.paper if receipt else None,
        received_by_name=receipt.given_by_name if receipt else "",
        received_at=receipt.given_at if receipt else None,
        steps=tuple(
            StepView(
                stage=stage,
                note=ended[stage].note if stage in ended else "",
                by_name=ended[stage].by_name if stage in ended else "",
                ended_at=ended[stage].ended_at if stage in ended else None,
                is_now=stage == row.stage,
            )
            for stage in Stage
            if stage is not Stage.LEFT
        ),
        **{name: getattr(row, name) for name in names},
    )

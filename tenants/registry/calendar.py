"""Public holidays and the working days in exchange for them (调休): a table, seeded with the State Council's notice."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from hub import clock
from hub.actor import Actor, ActorKind
from hub.errors import InvalidInput, NotFound
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.work import work
from tenants.registry.models import CalendarDay, DayKind
from tenants.registry.permissions import EDIT

SEED = Path(__file__).parent / "data" / "holidays.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayMark:
    """A day that is not what its weekday says."""

    day: date
    kind: DayKind
    name: str
    changed_by: str
    changed_at: datetime

    @property
    def text(self) -> str:
        """`国庆节 放假`."""
        return f"{self.name} {self.kind.label}"


def marks(first: date, last: date) -> dict[date, DayMark]:
    """The marked days of a span. One query."""
    with region(read_only=True):
        rows = list(CalendarDay.objects.filter(day__gte=first, day__lte=last))
    return {
        row.day: DayMark(
            day=row.day,
            kind=DayKind(row.kind),
            name=row.name,
            changed_by=row.changed_by,
            changed_at=row.changed_at,
        )
        for row in rows
    }


def is_working(day: date, mark: DayMark | None) -> bool:
    """Whether people work that day, with its mark if it has one."""
    return mark.kind is DayKind.WORKDAY if mark else day.isoweekday() <= 5


def set_day(*, actor: Actor, day: date, kind: str, name: str) -> None:
    """Mark a day, or mark it otherwise. InvalidInput without a name or with another kind."""
    require(actor, EDIT)
    if kind not in DayKind.values or not name.strip():
        raise InvalidInput("请填写日期、种类和名称。", fields={"name": "请填写日期、种类和名称。"})
    with work(REGION, actor=actor) as unit:
        before = CalendarDay.objects.filter(day=day).values("kind", "name").first()
        CalendarDay.objects.update_or_create(
            day=day,
            defaults={
                "kind": kind,
                "name": name.strip()[:20],
                "changed_by": actor.name[:60],
                "changed_at": unit.now,
            },
        )
        unit.audit(
            "registry.calendar_set",
            target=f"day:{day}",
            detail={"kind": kind, "name": name.strip()[:20]},
            before=before or {},
            after={"kind": kind, "name": name.strip()[:20]},
        )


def clear_day(*, actor: Actor, day: date) -> None:
    """Let a day be what its weekday says; NotFound if it is."""
    require(actor, EDIT)
    with work(REGION, actor=actor) as unit:
        if not CalendarDay.objects.filter(day=day).delete()[0]:
            raise NotFound
        unit.audit("registry.calendar_cleared", target=f"day:{day}")


def seed(*, actor: Actor) -> int:
    """Put the days of the file in where nothing is known of them; how many. Only the hub itself does so."""
    if actor.kind is not ActorKind.SYSTEM:
        require(actor, EDIT)
    with SEED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with work(REGION, actor=actor) as unit:
        known = set(CalendarDay.objects.values_list("day", flat=True))
        new = [
            CalendarDay(
                day=date.fromisoformat(row["day"]),
                kind=row["kind"],
                name=row["name"],
                changed_by="国务院办公厅通知",
                changed_at=clock.now(),
            )
            for row in rows
            if date.fromisoformat(row["day"]) not in known
        ]
        CalendarDay.objects.bulk_create(new)
        unit.audit("registry.calendar_seeded", target="calendar", detail={"days": len(new)})
    return len(new)

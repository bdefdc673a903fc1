"""Public holidays and the working days in exchange for them (调休): a table the district keeps.

The file beside it is a start, written down without the State Council's notice at hand: its days are unconfirmed until
somebody of the district has held the year against the notice, changed it or brought it in from a file.
"""

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
    is_confirmed: bool
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
            is_confirmed=row.is_confirmed,
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
                "is_confirmed": True,
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
                is_confirmed=False,
                changed_by="随平台附带",
                changed_at=clock.now(),
            )
            for row in rows
            if date.fromisoformat(row["day"]) not in known
        ]
        CalendarDay.objects.bulk_create(new)
        unit.audit("registry.calendar_seeded", target="calendar", detail={"days": len(new)})
    return len(new)


def confirm_year(*, actor: Actor, year: int) -> int:
    """The year's days were held against the notice; how many were not yet. NotFound for a year without days."""
    require(actor, EDIT)
    with work(REGION, actor=actor) as unit:
        rows = CalendarDay.objects.filter(day__year=year)
        if not rows.exists():
            raise NotFound("这一年还没有安排，请先导入。")
        changed = rows.filter(is_confirmed=False).update(
            is_confirmed=True, changed_by=actor.name[:60], changed_at=unit.now
        )
        unit.audit("registry.calendar_confirmed", target=f"year:{year}", detail={"days": changed})
        return changed

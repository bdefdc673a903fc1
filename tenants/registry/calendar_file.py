"""The calendar from a file: `day,kind,name` a line, read in full before anything is changed.

Kinds are `holiday` or `放假`, `workday` or `调休上班`; a heading line is left out. A year that is named is replaced
whole: a notice always tells all of a year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext

from hub.actor import Actor
from hub.documents import tables
from hub.errors import InvalidInput
from hub.security.permissions import require
from hub.tenancy.scope import REGION
from hub.work import work
from tenants.registry.calendar import marks
from tenants.registry.models import CalendarDay, DayKind
from tenants.registry.permissions import EDIT

MOST_BYTES = 64 << 10
MOST_LINES = 400
COLUMNS = ("day", "kind", "name")
_KINDS = {word: kind for kind in DayKind for word in (kind.value, kind.label)} | {
    "休": DayKind.HOLIDAY,
    "班": DayKind.WORKDAY,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One day of a file."""

    day: date
    kind: DayKind
    name: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says; `problems` name the line. Nothing is brought in while there is one."""

    lines: tuple[Line, ...]
    problems: tuple[str, ...]

    @property
    def years(self) -> list[int]:
        """The years it tells."""
        return sorted({line.day.year for line in self.lines})


@dataclass(frozen=True, slots=True)
class Difference:
    """What bringing a file in would change; `before` and `after` are None where there is no mark."""

    day: date
    before: str | None
    after: str | None


def read(content: bytes | str) -> Reading:
    """The days of a CSV file in UTF-8 (with or without mark) or GB 18030."""
    lines: dict[date, Line] = {}
    problems: list[str] = []
    for place, cells in tables.rows(content, headings=("day", "日期")):
        if place > MOST_LINES:
            problems.append(gettext("超过 %(most)s 行，请只导入需要的年份。") % {"most": MOST_LINES})
            break
        line = _line(cells)
        if isinstance(line, str):
            problems.append(gettext("第 %(place)s 行：%(what)s") % {"place": place, "what": line})
        elif line.day in lines:
            problems.append(gettext("第 %(place)s 行：%(day)s 出现了两次。") % {"place": place, "day": line.day})
        else:
            lines[line.day] = line
    if not lines and not problems:
        problems.append(gettext("文件里没有日期。每行应为：日期,种类,名称。"))
    return Reading(tuple(sorted(lines.values(), key=lambda line: line.day)), tuple(problems))


def differences(reading: Reading) -> list[Difference]:
    """What would become otherwise, by day. One query a year."""
    found: list[Difference] = []
    for year in reading.years:
        before = {day: mark.text for day, mark in marks(date(year, 1, 1), date(year, 12, 31)).items()}
        after = {line.day: f"{line.name} {line.kind.label}" for line in reading.lines if line.day.year == year}
        found += [
            Difference(day, before.get(day), after.get(day))
            for day in sorted(before.keys() | after.keys())
            if before.get(day) != after.get(day)
        ]
    return found


def bring_in(*, actor: Actor, content: str) -> int:
    """Make the years of the file what it says, confirmed; how many days. InvalidInput while a line is wrong."""
    require(actor, EDIT)
    reading = read(content)
    if reading.problems:
        raise InvalidInput(reading.problems[0])
    with work(REGION, actor=actor) as unit:
        gone = CalendarDay.objects.filter(day__year__in=reading.years).delete()[0]
        CalendarDay.objects.bulk_create(
            [
                CalendarDay(
                    day=line.day,
                    kind=line.kind,
                    name=line.name,
                    is_confirmed=True,
                    changed_by=actor.name[:60],
                    changed_at=unit.now,
                )
                for line in reading.lines
            ]
        )
        unit.audit(
            "registry.calendar_imported",
            target="calendar",
            detail={"years": reading.years, "days": len(reading.lines), "replaced": gone},
        )
    return len(reading.lines)


def _line(cells: list[str]) -> Line | str:
    """The line, or what is wrong with it."""
    if len(cells) < len(COLUMNS):
        return gettext("应有三列：日期,种类,名称。")
    try:
        day = tables.day_of(cells[0])
    except ValueError:
        return gettext("“%(given)s”不是日期，请写成 2027-01-01。") % {"given": cells[0]}
    kind = _KINDS.get(cells[1])
    if kind is None:
        return gettext("种类“%(given)s”应为 放假 或 调休上班。") % {"given": cells[1]}
    if not 0 < len(cells[2]) <= 20:
        return gettext("名称应为 1 到 20 个字。")
    return Line(day, kind, cells[2])

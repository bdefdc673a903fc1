"""The months as anybody may read them: withheld where few."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from hub import clock
from hub.tenancy.context import registry_read
from regional_services.openfigures.models import MonthFigure
from regional_services.openfigures.suppression import FEWEST, withheld
from tenants.registry import selectors as registry

MONTHS = 13
FRESH_SECONDS = 60.0
COUNTS = ("bookings", "cancelled", "registered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An institution, a kind, or the district in a month; None says that the figure is withheld."""

    code: str
    name: str
    kind: str
    bookings: int | None
    cancelled: int | None
    registered: int | None
    waiting_days: float | None

    @property
    def registered_share(self) -> float | None:
        """Registered of booked, in per cent; withheld with either."""
        if not self.bookings or self.registered is None:
            return None
        return round(100 * self.registered / self.bookings, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month: the district, its kinds, its institutions."""

    month: date
    is_provisional: bool
    total: Line
    kinds: tuple[Line, ...]
    institutions: tuple[Line, ...]


class _Cache:
    """The months in memory: everybody may ask, so asking must cost nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._months: list[Month] = []
        self._loaded_at = float("-inf")

    def months(self) -> list[Month]:
        """Newest first."""
        if time.monotonic() - self._loaded_at > FRESH_SECONDS:
            with self._lock:
                if time.monotonic() - self._loaded_at > FRESH_SECONDS:
                    self._months, self._loaded_at = _load(), time.monotonic()
        return self._months

    def forget(self) -> None:
        """Read again at the next question."""
        self._loaded_at = float("-inf")


_cache = _Cache()


def months() -> list[Month]:
    """The last months, newest first. No query when warm, one else."""
    return _cache.months()


def forget() -> None:
    """Drop this process's copy; others follow within `FRESH_SECONDS`."""
    _cache.forget()


def _load() -> list[Month]:
    with registry_read():
        rows = list(MonthFigure.objects.order_by("-month")[: MONTHS * 1000])
    by_month: dict[date, list[MonthFigure]] = {}
    for row in rows:
        by_month.setdefault(row.month, []).append(row)
    return [_month(month, found) for month, found in list(by_month.items())[:MONTHS]]


def _month(month: date, rows: list[MonthFigure]) -> Month:
    """Totals are of all; a kind's cells are withheld among its institutions, kinds among the district."""
    views = {view.code: view for view in registry.institutions()}
    kinds: dict[str, list[MonthFigure]] = {}
    for row in rows:
        if row.institution_code in views:
            kinds.setdefault(views[row.institution_code].kind_text, []).append(row)
    sums = {kind: _summed(found) for kind, found in kinds.items()}
    hidden_kinds = {name: withheld({kind: summed[name] for kind, summed in sums.items()}) for name in COUNTS}
    institutions: list[Line] = []
    for kind, found in sorted(kinds.items()):
        hidden = {name: withheld({row.institution_code: getattr(row, name) for row in found}) for name in COUNTS}
        for row in sorted(found, key=lambda row: row.institution_code):
            gone = frozenset(
                name for name in COUNTS if row.institution_code in hidden[name] or kind in hidden_kinds[name]
            )
            code = row.institution_code
            institutions.append(_line(code, views[code].name, kind, _summed([row]), gone))
    return Month(
        month=month,
        is_provisional=month == clock.today().replace(day=1),
        total=_line("", "全区", "", _summed(rows), frozenset()),
        kinds=tuple(
            _line("", kind, kind, summed, frozenset(name for name in COUNTS if kind in hidden_kinds[name]))
            for kind, summed in sorted(sums.items())
        ),
        institutions=tuple(institutions),
    )


def _summed(rows: Iterable[MonthFigure]) -> dict[str, int]:
    found = list(rows)
    return {name: sum(getattr(row, name) for row in found) for name in (*COUNTS, "waiting_days")}


def _line(code: str, name: str, kind: str, summed: Mapping[str, int], gone: frozenset[str]) -> Line:
    alone = 0 < summed["bookings"] < FEWEST
    told = {count: None if count in gone or (alone and code == "") else summed[count] for count in COUNTS}
    average = round(summed["waiting_days"] / summed["bookings"], 1) if summed["bookings"] else None
    return Line(
        code=code,
        name=name,
        kind=kind,
        waiting_days=average if told["bookings"] is not None else None,
        **told,
    )

"""Institutions as values, from a cache of this process: no query when warm."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import date, datetime

from hub.tenancy import registry as tenancy
from hub.tenancy.context import registry_read
from hub.tenancy.models import TenantState
from hub.tenancy.scope import region
from tenants.registry.errors import (
    FunctionOff,
    InstitutionLeaving,
    InstitutionRepaired,
    InstitutionSuspended,
    UnknownFunction,
    UnknownInstitution,
)
from tenants.registry.functions import ALL_SET, BOOKING, FUNCTIONS
from tenants.registry.models import BookingMode, CutoffRule, Dialect, Institution, RuleChange, SettleMode, Switch
from tenants.registry.rules import RULES

FRESH_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CampusView:
    """A place of an institution."""

    code: str
    name: str
    address: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionView:
    """An institution with its rules and switches."""

    code: str
    name: str
    short_name: str
    kind: str
    kind_text: str
    level: str
    ward: str
    address: str
    latitude: float
    longitude: float
    phone: str
    intro: str
    aliases: tuple[str, ...]
    sets: frozenset[str]
    booking_mode: str
    settle_mode: str
    dialect: str
    his_generation: int
    release_days: int
    hold_minutes: int
    pay_minutes: int
    register_cutoff_minutes: int
    cutoff_rule: str
    quote_seconds: int
    cancel_until_minutes: int
    reschedule_times: int
    reschedule_until_minutes: int
    revisit_days: int
    revisit_percent: int
    rush_per_second: int
    rush_pressure: int
    rush_open_minutes: int
    limit_person_day: int
    limit_department_day: int
    limit_open: int
    campuses: tuple[CampusView, ...]
    switches: dict[str, bool]
    state: str
    suspension_words: str
    former_rules: tuple[tuple[datetime, dict[str, int]], ...]

    def rule_at(self, name: str, instant: datetime) -> int:
        """A booking rule as it stood at an instant: what was booked then keeps it."""
        for changed_at, before in self.former_rules:
            if changed_at > instant and name in before:
                return before[name]
        return int(getattr(self, name))

    @property
    def is_suspended(self) -> bool:
        """Whether the district has stopped its services for a while."""
        return self.state == TenantState.SUSPENDED

    @property
    def is_leaving(self) -> bool:
        """Whether it is on its way out: what is booked is ended, nothing new begins."""
        return self.state == TenantState.LEAVING

    @property
    def is_shown(self) -> bool:
        """Whether residents see it at all: not while it is joining, nor once it has left."""
        return self.state in (TenantState.LIVE, TenantState.SUSPENDED, TenantState.LEAVING)

    @property
    def closed(self) -> str:
        """What residents are told while nothing can be booked; empty while it can."""
        if self.is_suspended:
            return self.suspension_words or InstitutionSuspended.text
        if self.is_leaving:
            return self.suspension_words or InstitutionLeaving.text
        return InstitutionRepaired.text if self.is_repaired else ""

    @property
    def is_repaired(self) -> bool:
        """Whether its data are being restored or compared; asked of the registry, which hears of it sooner."""
        return bool(tenancy.repair_of(self.code))

    @property
    def his_owns_numbers(self) -> bool:
        """Whether a number must be locked at the HIS before it is ours."""
        return self.booking_mode == BookingMode.HIS_LOCKED

    @property
    def pays_to_confirm(self) -> bool:
        """Whether a booking stands only once it is paid."""
        return self.settle_mode == SettleMode.PAY_TO_CONFIRM

    @property
    def releases_at_cutoff(self) -> bool:
        """Whether a booking not registered by the cut-off loses its number; otherwise it waits at the window."""
        return self.cutoff_rule == CutoffRule.RELEASE

    def is_on(self, function: str) -> bool:
        """Whether a function is on here: its switch, or else membership in the function's set."""
        if function not in FUNCTIONS:
            raise UnknownFunction
        default = FUNCTIONS[function].member_of
        return self.switches.get(function, default == ALL_SET or default in self.sets)

    def require(self, function: str) -> None:
        """Refuse with FunctionOff where the function is off, in the notice's words where all is suspended."""
        if self.is_suspended:
            raise InstitutionSuspended(self.closed)
        if self.is_leaving and function == BOOKING:
            raise InstitutionLeaving(self.closed)
        if self.is_repaired:
            raise InstitutionRepaired
        if not self.is_shown or not self.is_on(function):
            raise FunctionOff


class _Cache:
    """All institutions of the process; small (26 rows), read on every request, reloaded after `FRESH_SECONDS`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._views: dict[str, InstitutionView] = {}
        self._loaded_at = float("-inf")
        self._asked = 0

    def views(self) -> dict[str, InstitutionView]:
        """The institutions by code, in order of display."""
        if time.monotonic() - self._loaded_at > FRESH_SECONDS:
            with self._lock:
                while time.monotonic() - self._loaded_at > FRESH_SECONDS:
                    asked, begun = self._asked, time.monotonic()
                    self._views = _load()
                    if asked == self._asked:  # else something changed while it was read: once more
                        self._loaded_at = begun
        return self._views

    def forget(self) -> None:
        """Read again at the next question, whatever is being read now."""
        self._asked += 1
        self._loaded_at = float("-inf")


_cache = _Cache()


def institutions() -> list[InstitutionView]:
    """All institutions in order of display. No query when warm."""
    return list(_cache.views().values())


def institution(code: str) -> InstitutionView:
    """One institution; UnknownInstitution for any other code. No query when warm."""
    try:
        return _cache.views()[code]
    except KeyError:
        raise UnknownInstitution from None


def dialect_text(dialect: str) -> str:
    """What a dialect is called; one that is not ours keeps its name."""
    return Dialect(dialect).label if dialect in Dialect.values else dialect


def institutions_with(function: str) -> list[InstitutionView]:
    """The institutions residents see at which a function is on; suspended ones stay, with their notice. No query."""
    return [view for view in institutions() if view.is_shown and view.is_on(function)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchView:
    """A function at one institution: on or off, and who last decided so."""

    code: str
    text: str
    is_on: bool
    changed_at: datetime | None
    changed_by: str
    reason: str


def switches_of(code: str) -> list[SwitchView]:
    """Every function as it stands at one institution. One query."""
    view = institution(code)
    with region(read_only=True):
        rows = {row.function: row for row in Switch.objects.filter(institution_id=code)}
    return [
        SwitchView(
            code=function.code,
            text=function.text,
            is_on=view.is_on(function.code),
            changed_at=rows[function.code].changed_at if function.code in rows else None,
            changed_by=rows[function.code].changed_by if function.code in rows else "",
            reason=rows[function.code].reason if function.code in rows else "",
        )
        for function in FUNCTIONS.values()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChangeView:
    """A change of rules: planned, in effect since, or withdrawn; `lines` are (what, before, after)."""

    id: int
    effective_on: date
    lines: tuple[tuple[str, int, int], ...]
    reason: str
    made_by: str
    made_at: datetime
    applied_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_by: str

    @property
    def is_planned(self) -> bool:
        """Whether it is still to take effect."""
        return self.applied_at is None and self.withdrawn_at is None


def rule_changes(code: str, *, limit: int = 20) -> list[RuleChangeView]:
    """The latest changes of an institution's rules, the farthest day first. One query."""
    now = institution(code)
    texts = {rule.name: f"{rule.text}（{rule.unit}）" for rule in RULES}
    with region(read_only=True):
        rows = list(RuleChange.objects.filter(institution_id=code).order_by("-effective_on", "-id")[:limit])
    return [
        RuleChangeView(
            id=row.pk,
            effective_on=row.effective_on,
            lines=tuple(
                (texts[name], row.before.get(name, getattr(now, name)), value) for name, value in row.values.items()
            ),
            reason=row.reason,
            made_by=row.made_by,
            made_at=row.made_at,
            applied_at=row.applied_at,
            withdrawn_at=row.withdrawn_at,
            withdrawn_by=row.withdrawn_by,
        )
        for row in rows
    ]


def forget() -> None:
    """Drop this process's copy (after a change; other processes follow within `FRESH_SECONDS`)."""
    _cache.forget()


def _load() -> dict[str, InstitutionView]:
    """Four queries, whatever scope is open: the district's own list holds nothing of a hospital's."""
    with registry_read():
        rows = Institution.objects.prefetch_related("campuses", "switches", "rule_changes")
        return {row.code: _view(row) for row in rows}


def _view(row: Institution) -> InstitutionView:
    return InstitutionView(
        code=row.code,
        name=row.name,
        short_name=row.short_name,
        kind=row.kind,
        kind_text=row.get_kind_display(),
        level=row.level,
        ward=row.ward,
        address=row.address,
        latitude=row.latitude,
        longitude=row.longitude,
        phone=row.phone,
        intro=row.intro,
        aliases=tuple(row.aliases),
        sets=frozenset(row.sets),
        booking_mode=row.booking_mode,
        settle_mode=row.settle_mode,
        dialect=row.dialect,
        his_generation=row.his_generation,
        release_days=row.release_days,
        hold_minutes=row.hold_minutes,
        pay_minutes=row.pay_minutes,
        register_cutoff_minutes=row.register_cutoff_minutes,
        cutoff_rule=row.cutoff_rule,
        quote_seconds=row.quote_seconds,
        cancel_until_minutes=row.cancel_until_minutes,
        reschedule_times=row.reschedule_times,
        reschedule_until_minutes=row.reschedule_until_minutes,
        revisit_days=row.revisit_days,
        revisit_percent=row.revisit_percent,
        rush_per_second=row.rush_per_second,
        rush_pressure=row.rush_pressure,
        rush_open_minutes=row.rush_open_minutes,
        limit_person_day=row.limit_person_day,
        limit_department_day=row.limit_department_day,
        limit_open=row.limit_open,
        campuses=tuple(
            CampusView(
                code=campus.code,
                name=campus.name,
                address=campus.address,
                latitude=campus.latitude,
                longitude=campus.longitude,
            )
            for campus in row.campuses.all()
            if campus.closed_on is None
        ),
        switches={switch.function: switch.is_on for switch in row.switches.all()},
        state=tenancy.state_of(row.code) or TenantState.LIVE,
        suspension_words=row.suspension_words,
        former_rules=tuple(
            sorted(
                ((change.applied_at, change.before) for change in row.rule_changes.all() if change.applied_at),
                key=lambda former: former[0],
            )
        ),
    )

"""When numbers are opened and for whom: which rule counts for a session, and what it makes of its numbers.

A rule becomes data of the sessions it is for (`release_at`, `shares_end_at`) and of their numbers (`pool`), so that the
claim of a number needs no more than the row it changes. Rules are applied again whenever they or the sessions change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import connections
from django.db.models import Min

from hub import clock
from hub.tenancy.scope import hospital_alias
from hub.work import Unit
from tenants.scheduling.models import Number, ReleaseRule, Session
from tenants.scheduling.news import announce


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """A rule as pages show it."""

    id: UUID
    department_id: UUID | None
    valid_from: date
    days_ahead: int
    hour: time
    window_share: int
    family_share: int
    merge_hours: int
    ended_at: datetime | None
    made_by: str
    made_at: datetime

    @property
    def app_share(self) -> int:
        """What is left for residents, in per cent."""
        return 100 - self.window_share - self.family_share

    def release_at(self, day: date) -> datetime:
        """When the numbers of that day are opened."""
        return clock.at(day - timedelta(days=self.days_ahead), self.hour)


def rules(*, ended: bool = False) -> list[RuleView]:
    """The rules in force, or all there ever were, oldest first. One query."""
    rows = ReleaseRule.objects.order_by("valid_from", "made_at")
    return [rule_view(row) for row in (rows if ended else rows.filter(ended_at__isnull=True))]


def rule_view(row: ReleaseRule) -> RuleView:
    """The value of a row; no query."""
    return RuleView(
        id=row.id,
        department_id=row.department_id,
        valid_from=row.valid_from,
        days_ahead=row.days_ahead,
        hour=row.hour,
        window_share=row.window_share,
        family_share=row.family_share,
        merge_hours=row.merge_hours,
        ended_at=row.ended_at,
        made_by=row.made_by,
        made_at=row.made_at,
    )


def rule_for(known: Iterable[RuleView], department_id: UUID, day: date) -> RuleView | None:
    """The department's own latest rule for that day, else the hospital's; None: numbers are open at once."""
    own, general = None, None
    for rule in known:
        if rule.valid_from <= day and rule.department_id == department_id:
            own = rule
        elif rule.valid_from <= day and rule.department_id is None:
            general = rule
    return own or general


_SESSIONS = """
UPDATE scheduling_session AS s SET release_at = u.release_at, shares_end_at = u.shares_end_at
FROM unnest(%(id)s::uuid[], %(release)s::timestamptz[], %(ends)s::timestamptz[]) AS u (id, release_at, shares_end_at)
WHERE s.id = u.id AND (s.release_at, s.shares_end_at) IS DISTINCT FROM (u.release_at, u.shares_end_at)
RETURNING s.id"""

# The n-th of a session's numbers goes to a share when the share's sum passes a whole number there: evenly over the day.
# What the window leaves is shared out the same way to referrals.
_POOLS = """
UPDATE scheduling_number AS n SET pool = p.pool, changed_at = %(now)s
FROM (
    SELECT r.id, CASE
        WHEN r.at_window THEN 'window'
        WHEN r.family > 0 AND floor(r.rest * r.family / (100.0 - r.share))
            > floor((r.rest - 1) * r.family / (100.0 - r.share)) THEN 'family'
        WHEN r.share + r.family > 0 THEN 'app' ELSE '' END AS pool
    FROM (
        SELECT y.*, row_number() OVER (PARTITION BY y.session_id, y.at_window ORDER BY y.place) AS rest
        FROM (
            SELECT x.id, x.session_id, x.place, w.share, w.family,
                floor(x.place * w.share / 100.0) > floor((x.place - 1) * w.share / 100.0) AS at_window
            FROM (
                SELECT id, session_id, row_number() OVER (PARTITION BY session_id ORDER BY sequence) AS place
                FROM scheduling_number WHERE session_id = ANY(%(id)s::uuid[]) AND NOT is_extra) AS x
            JOIN unnest(%(id)s::uuid[], %(window)s::int[], %(family)s::int[]) AS w (session_id, share, family)
                ON w.session_id = x.session_id) AS y) AS r) AS p
WHERE n.id = p.id AND n.pool <> p.pool
RETURNING n.session_id"""


def apply(unit: Unit, session_ids: Iterable[UUID] | None = None) -> set[UUID]:
    """Bring these sessions (all that are to come, without) to the rules in force; those that changed."""
    known = rules()
    rows = Session.objects.filter(date__gte=clock.today())
    if session_ids is not None:
        rows = rows.filter(id__in=list(session_ids))
    found = list(
        rows.annotate(begins=Min("numbers__start"))
        .order_by("id")
        .values_list("id", "department_id", "date", "begins", "release_at", "shares_end_at")
    )
    if not known:
        found = [row for row in found if row[4] or row[5]]
    columns: dict[str, list[object]] = {"id": [], "release": [], "ends": [], "window": [], "family": []}
    for session_id, department_id, day, begins, _release, _ends in found:
        rule = rule_for(known, department_id, day)
        ends = _shares_end(rule, begins or clock.at(day, clock.MIDNIGHT))
        shared = rule is not None and ends is not None and ends > unit.now
        columns["id"].append(session_id)
        columns["release"].append(rule.release_at(day) if rule else None)
        columns["ends"].append(ends if shared else None)
        columns["window"].append(rule.window_share if rule and shared else 0)
        columns["family"].append(rule.family_share if rule and shared else 0)
    changed: set[UUID] = set()
    if found:
        with connections[hospital_alias()].cursor() as cursor:
            for statement in (_SESSIONS, _POOLS):
                cursor.execute(statement, {**columns, "now": unit.now})
                changed |= {row[0] for row in cursor.fetchall()}
    return changed


def _shares_end(rule: RuleView | None, begins: datetime) -> datetime | None:
    if rule is None or not rule.window_share + rule.family_share:
        return None
    return begins - timedelta(hours=rule.merge_hours)


def merge_due(unit: Unit) -> int:
    """Open the shares nobody took in time to everybody; how many sessions."""
    due = list(
        Session.objects.select_for_update()
        .filter(shares_end_at__lte=unit.now)
        .order_by("id")
        .values_list("id", flat=True)[:500]
    )
    Number.objects.filter(session_id__in=due).exclude(pool="").update(pool="", changed_at=unit.now)
    Session.objects.filter(id__in=due).update(shares_end_at=None)
    announce(unit, due)
    return len(due)


def any_due() -> bool:
    """Whether shares are to be merged now. One query."""
    return Session.objects.filter(shares_end_at__lte=clock.now()).exists()

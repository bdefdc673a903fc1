"""Keeping the catalogue in step with the hospitals, coalesced: any number of changes of a session cost one refresh.

A change raises the session's `changes`; a refresh reads the hospital and then sets `seen` to the value of `changes` it
found before reading. Whatever changed in between leaves the session stale, so nothing is lost, and an older reading
never replaces a newer one (`refreshed_at`). Projections are copies and not acts: they leave no audit entry,
but for the news they find of doctors' services (`news.py`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import F

from hub import clock
from hub.actor import system_actor
from hub.recovery import cleanups
from hub.recovery.cleanups import Doomed
from hub.recovery.keeping import SPENT
from hub.tenancy.scope import REGION, hospital, region
from hub.tenancy.statements import Statement, together
from hub.work import work
from institution_connectors.catalog import selectors as connectors
from regional_services.catalog import news
from regional_services.catalog.models import CatalogDepartment, CatalogDoctor, CatalogMark, CatalogSession
from regional_services.catalog.pinyin import initials, letters
from tenants.directory import selectors as directory
from tenants.scheduling.selectors import SessionSummary, session_summaries, upcoming_session_ids

BATCH = 500
CATALOGUE = system_actor("号源目录")
_SESSION_TABLE, _MARK_TABLE = "regional_catalog_catalogsession", "regional_catalog_catalogmark"

# Sessions first and then their hospital, by all who lock them, in one order: so nobody waits in a circle.
_MARK = Statement(
    "default",
    """
WITH marked AS (
    INSERT INTO regional_catalog_catalogmark AS m (session_id, institution_code, changes, seen)
    SELECT u.id, %(code)s, 1, 0 FROM unnest(%(ids)s::uuid[]) AS u (id) ORDER BY u.id
    ON CONFLICT (session_id) DO UPDATE SET changes = m.changes + 1
    RETURNING 1
)
INSERT INTO regional_catalog_catalogduty AS d (institution_code, changes, seen)
SELECT %(code)s, 1, 0 FROM (SELECT count(*) AS number FROM marked) AS all_of_them WHERE number > 0
ON CONFLICT (institution_code) DO UPDATE SET changes = d.changes + 1
RETURNING d.changes - 1 <= d.seen
""",
)
# One row at least: the hospital's own count, which covers just the changes of the sessions seen with it.
_STALE = Statement(
    "default",
    """
SELECT coalesce(d.changes, 0), m.session_id, m.changes, m.seen
FROM (VALUES (%(code)s)) AS h (code)
LEFT JOIN regional_catalog_catalogduty d ON d.institution_code = h.code
LEFT JOIN LATERAL (
    SELECT session_id, changes, seen FROM regional_catalog_catalogmark
    WHERE institution_code = h.code AND changes > seen AND session_id > %(last)s
    ORDER BY session_id LIMIT %(batch)s
) AS m ON true
""",
)
_SEEN = Statement(
    "default",
    """
WITH locked AS (
    SELECT session_id FROM regional_catalog_catalogmark WHERE session_id = ANY(%(ids)s::uuid[])
    ORDER BY session_id FOR UPDATE)
UPDATE regional_catalog_catalogmark AS m
SET seen = GREATEST(m.seen, u.changes), refreshed_at = GREATEST(m.refreshed_at, %(now)s)
FROM locked JOIN unnest(%(ids)s::uuid[], %(changes)s::bigint[]) AS u (id, changes) ON u.id = locked.session_id
WHERE m.session_id = locked.session_id
""",
)
_CAUGHT_UP = Statement(
    "default",
    """
UPDATE regional_catalog_catalogduty SET seen = GREATEST(seen, %(changes)s) WHERE institution_code = %(code)s
RETURNING changes > seen
""",
)

_COPIED = (
    *("department_id", "doctor_id", "doctor_name", "date", "period", "registration_level", "fee_fen", "room", "state"),
    *("release_at", "first_start", "last_end", "total", "free", "referable", "referable_starts", "next_free_start"),
    "synced_at",
)
_COPY = Statement(
    "default",
    """
INSERT INTO regional_catalog_catalogsession AS s (
    institution_code, refreshed_at, is_reserved, session_id, department_id, doctor_id, doctor_name, date, period,
    registration_level, fee_fen, room, state, release_at, first_start, last_end, total, free, referable,
    referable_starts, next_free_start, synced_at
)
SELECT %(code)s, %(now)s, v.department_id = ANY(%(reserved)s::uuid[]), v.*
FROM json_to_recordset(%(rows)s::json) AS v (
    session_id uuid, department_id uuid, doctor_id uuid, doctor_name text, date date, period text,
    registration_level text, fee_fen int, room text, state text, release_at timestamptz, first_start timestamptz,
    last_end timestamptz, total int, free int, referable int, referable_starts timestamptz[],
    next_free_start timestamptz, synced_at timestamptz
)
ON CONFLICT (session_id) DO UPDATE SET
    refreshed_at = excluded.refreshed_at, is_reserved = excluded.is_reserved, department_id = excluded.department_id,
    doctor_id = excluded.doctor_id, doctor_name = excluded.doctor_name, date = excluded.date, period = excluded.period,
    registration_level = excluded.registration_level, fee_fen = excluded.fee_fen, room = excluded.room,
    state = excluded.state, release_at = excluded.release_at, first_start = excluded.first_start,
    last_end = excluded.last_end, total = excluded.total, free = excluded.free, referable = excluded.referable,
    referable_starts = excluded.referable_starts, next_free_start = excluded.next_free_start,
    synced_at = excluded.synced_at
WHERE s.refreshed_at <= excluded.refreshed_at
""",
)


@dataclass(frozen=True, slots=True)
class Pass:
    """What a pass over a hospital's stale sessions did: how many it copied, whether more have changed meanwhile."""

    copied: int
    behind: bool


def mark(code: str, session_ids: Sequence[UUID]) -> bool:
    """Note that these sessions changed; whether the hospital was up to date, so that a refresh is nobody's task yet."""
    with region():
        return _MARK.row(code=code, ids=list(session_ids)) == (True,)


def refresh(code: str) -> int:
    """One pass over the stale sessions of a hospital; how many."""
    return catch_up(code).copied


def catch_up(code: str) -> Pass:
    """One pass over the stale sessions of a hospital; a batch is read by one query there and two here."""
    copied, last = 0, UUID(int=0)
    covered: int | None = None
    while True:
        with region(read_only=True):
            found = _STALE.rows(code=code, last=last, batch=BATCH)
            marks = [(session_id, changes, seen) for _, session_id, changes, seen in found if session_id is not None]
            before = news.standing([session_id for session_id, _, _ in marks])
        covered = found[0][0] if covered is None else covered  # later batches may have come after later changes
        ends = len(marks) < BATCH
        behind = _copy(code, marks, before, covered=covered if ends else 0)
        copied += len(marks)
        if ends:
            return Pass(copied, behind)
        last = marks[-1][0]


def _copy(
    code: str, marks: Sequence[tuple[UUID, int, int]], before: Mapping[UUID, news.Standing], *, covered: int
) -> bool:
    now = clock.now()
    stale = {session_id: changes for session_id, changes, _ in marks}
    with hospital(code, read_only=True):
        summaries = session_summaries(stale) if stale else []
    new = {session_id for session_id, _, seen in marks if not seen}
    gone = stale.keys() - {summary.id for summary in summaries}
    if news.between(before, summaries, gone, new, now):
        with work(REGION, actor=CATALOGUE) as unit:
            news.one_after_the_other(code)
            before = news.standing(stale)
            behind = _follow(code, summaries, stale, gone, now, covered)
            news.publish(unit, code, news.between(before, summaries, gone, new, now))
        return behind
    with region():
        return _follow(code, summaries, stale, gone, now, covered)


def _follow(
    code: str,
    summaries: Sequence[SessionSummary],
    stale: Mapping[UUID, int],
    gone: Collection[UUID],
    now: datetime,
    covered: int,
) -> bool:
    """Whether the hospital has changed beyond what is `covered`."""
    if gone:
        CatalogSession.every.filter(session_id__in=gone).delete()
    if stale:
        together(
            _COPY.write(code=code, now=now, reserved=_reserved_departments(code), rows=_listed(summaries)),
            _SEEN.write(ids=list(stale), changes=list(stale.values()), now=now),
        )
    return _CAUGHT_UP.row(code=code, changes=covered) == (True,)


def _listed(summaries: Sequence[SessionSummary]) -> str:
    rows = [
        {"session_id": summary.id, **{name: getattr(summary, name) for name in _COPIED}}
        for summary in sorted(summaries, key=lambda summary: summary.id)
    ]
    return json.dumps(rows, default=str, ensure_ascii=False)


def project_directory(code: str) -> int:
    """Copy a hospital's departments and doctors' posts; how many rows. Two queries there, six here."""
    with hospital(code, read_only=True):
        departments, doctors = directory.departments(), directory.doctors()
    reserved = {row.id for row in departments if row.code == _reserved_code(code)}
    doctors = [row for row in doctors if row.department_id not in reserved]
    with region():
        sessions = CatalogSession.every.filter(institution_code=code)
        sessions.filter(department_id__in=reserved).update(is_reserved=True)
        sessions.filter(is_reserved=True).exclude(department_id__in=reserved).update(is_reserved=False)
        CatalogDepartment.every.filter(institution_code=code).exclude(
            department_id__in=[row.id for row in departments]
        ).delete()
        CatalogDepartment.every.bulk_create(
            [_department(code, row, is_reserved=row.id in reserved) for row in departments],
            update_conflicts=True,
            unique_fields=["department_id"],
            update_fields=[
                *("code", "name", "parent_id", "intro", "location", "sensitivity", "initials", "pinyin"),
                *("is_active", "is_reserved", "service"),
            ],
        )
        CatalogDoctor.objects.filter(institution_code=code).exclude(doctor_id__in=[row.id for row in doctors]).delete()
        CatalogDoctor.objects.bulk_create(
            [_doctor(code, row) for row in doctors],
            update_conflicts=True,
            unique_fields=["doctor_id"],
            update_fields=[
                *("practitioner_id", "department_id", "code", "name", "title", "intro", "photo", "registration_level"),
                *("initials", "pinyin", "is_active"),
            ],
        )
    return len(departments) + len(doctors)


def rebuild(code: str) -> int:
    """Project a hospital anew from its own rows; how many sessions."""
    project_directory(code)
    with hospital(code, read_only=True):
        session_ids = upcoming_session_ids(clock.today())
    for start in range(0, len(session_ids), BATCH):
        mark(code, session_ids[start : start + BATCH])
    return refresh(code)


def forget_before(day: date) -> int:
    """Drop sessions of days gone by with their marks; how many. The hospitals keep theirs. Outside peak hours only."""
    gone_by = f"SELECT session_id FROM {_SESSION_TABLE} WHERE date < {{before}}"  # noqa: S608 - a constant
    doomed = [
        Doomed(name="catalog", table=table, condition=condition, before=day, key="session_id", kept=SPENT)
        for table, condition in (
            (_MARK_TABLE, f"session_id IN ({gone_by})"),
            (_SESSION_TABLE, "date < {before}"),
        )
    ]
    _marks, sessions = cleanups.clean_out(REGION, doomed, actor=CATALOGUE)
    return sessions


def stale_hospitals(older_than: datetime) -> list[str]:
    """Hospitals with sessions that were left stale since then. One query."""
    with region(read_only=True):
        rows = CatalogMark.objects.filter(changes__gt=F("seen")).exclude(refreshed_at__gt=older_than)
        return sorted(set(rows.values_list("institution_code", flat=True)))


def _reserved_code(code: str) -> str | None:
    """The department this hospital keeps for the synthetic resident, if it does."""
    profile = connectors.profile_of(code)
    return profile.options.reserved_department or None if profile else None


def _reserved_departments(code: str) -> list[UUID]:
    if _reserved_code(code) is None:
        return []
    rows = CatalogDepartment.every.filter(institution_code=code, is_reserved=True)
    return list(rows.values_list("department_id", flat=True))


def _department(code: str, row: directory.DepartmentView, *, is_reserved: bool) -> CatalogDepartment:
    return CatalogDepartment(
        institution_code=code,
        department_id=row.id,
        code=row.code,
        name=row.name,
        parent_id=row.parent_id,
        intro=row.intro,
        location=row.location,
        sensitivity=row.sensitivity,
        service=row.service,
        initials=initials(row.name),
        pinyin=letters(row.name),
        is_active=row.is_active,
        is_reserved=is_reserved,
    )


def _doctor(code: str, row: directory.DoctorView) -> CatalogDoctor:
    return CatalogDoctor(
        institution_code=code,
        doctor_id=row.id,
        practitioner_id=row.practitioner_id,
        department_id=row.department_id,
        code=row.code,
        name=row.name,
        title=row.title,
        intro=row.intro,
        photo=row.photo,
        registration_level=row.registration_level,
        initials=initials(row.name),
        pinyin=letters(row.name),
        is_active=row.is_active,
    )

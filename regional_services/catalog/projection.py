"""Keeping the catalogue in step with the hospitals, coalesced: any number of changes of a session cost one refresh.

A change raises the session's `changes`; a refresh reads the hospital and then sets `seen` to the value of `changes` it
found before reading. Whatever changed in between leaves the session stale, so nothing is lost, and an older reading
never replaces a newer one (`refreshed_at`). Projections are copies and not acts: they leave no audit entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connections
from django.db.models import F

from hub import clock
from hub.tenancy.scope import hospital, region
from regional_services.catalog.models import CatalogDepartment, CatalogDoctor, CatalogMark, CatalogSession
from regional_services.catalog.pinyin import initials
from tenants.directory import selectors as directory
from tenants.scheduling import selectors as scheduling

BATCH = 500

_MARK = """
INSERT INTO regional_catalog_catalogmark AS m (session_id, institution_code, changes, seen)
SELECT u.id, %(code)s, 1, 0 FROM unnest(%(ids)s::uuid[]) AS u (id) ORDER BY u.id
ON CONFLICT (session_id) DO UPDATE SET changes = m.changes + 1
RETURNING m.changes, m.seen, m.refreshed_at"""

_SEEN = """
UPDATE regional_catalog_catalogmark AS m
SET seen = GREATEST(m.seen, u.changes), refreshed_at = GREATEST(m.refreshed_at, %(now)s)
FROM unnest(%(ids)s::uuid[], %(changes)s::bigint[]) AS u (id, changes)
WHERE m.session_id = u.id"""

_SESSION_FIELDS = (
    "department_id",
    "doctor_id",
    "doctor_name",
    "date",
    "period",
    "registration_level",
    "fee_fen",
    "room",
    "state",
    "first_start",
    "last_end",
    "total",
    "free",
    "next_free_start",
    "synced_at",
)


@dataclass(frozen=True, slots=True)
class Marked:
    """What marking found: whether somebody is to refresh already, and when the sessions were refreshed last."""

    was_stale: bool
    refreshed_at: datetime | None


def mark(code: str, session_ids: Sequence[UUID]) -> Marked:
    """Note that these sessions changed. One statement."""
    with region(), connections["default"].cursor() as cursor:
        cursor.execute(_MARK, {"code": code, "ids": list(session_ids)})
        rows = cursor.fetchall()
    return Marked(
        was_stale=all(changes - 1 > seen for changes, seen, _ in rows),
        refreshed_at=max((at for _, _, at in rows if at is not None), default=None),
    )


def refresh(code: str) -> int:
    """Bring the stale sessions of a hospital up to date; how many. One hospital is read by one query a batch."""
    done = 0
    while True:
        with region(read_only=True):
            stale = dict(
                CatalogMark.objects.filter(institution_code=code, changes__gt=F("seen"))
                .order_by("session_id")
                .values_list("session_id", "changes")[:BATCH]
            )
        if not stale:
            return done
        now = clock.now()
        with hospital(code, read_only=True):
            summaries = scheduling.session_summaries(stale)
        with region():
            _write(code, summaries, now)
            gone = stale.keys() - {summary.id for summary in summaries}
            CatalogSession.objects.filter(session_id__in=gone).delete()
            with connections["default"].cursor() as cursor:
                cursor.execute(_SEEN, {"ids": list(stale), "changes": list(stale.values()), "now": now})
        done += len(stale)


def project_directory(code: str) -> int:
    """Copy a hospital's departments and doctors' posts; how many rows. Two queries there, four here."""
    with hospital(code, read_only=True):
        departments, doctors = directory.departments(), directory.doctors()
    with region():
        CatalogDepartment.objects.filter(institution_code=code).exclude(
            department_id__in=[row.id for row in departments]
        ).delete()
        CatalogDepartment.objects.bulk_create(
            [_department(code, row) for row in departments],
            update_conflicts=True,
            unique_fields=["department_id"],
            update_fields=["code", "name", "parent_id", "intro", "location", "sensitivity", "initials", "is_active"],
        )
        CatalogDoctor.objects.filter(institution_code=code).exclude(doctor_id__in=[row.id for row in doctors]).delete()
        CatalogDoctor.objects.bulk_create(
            [_doctor(code, row) for row in doctors],
            update_conflicts=True,
            unique_fields=["doctor_id"],
            update_fields=["code", "name", "title", "intro", "registration_level", "initials", "is_active"],
        )
    return len(departments) + len(doctors)


def rebuild(code: str) -> int:
    """Project a hospital anew from its own rows; how many sessions."""
    project_directory(code)
    with hospital(code, read_only=True):
        session_ids = scheduling.upcoming_session_ids(clock.today())
    for start in range(0, len(session_ids), BATCH):
        mark(code, session_ids[start : start + BATCH])
    return refresh(code)


def stale_hospitals(older_than: datetime) -> list[str]:
    """Hospitals with sessions that were left stale since then. One query."""
    with region(read_only=True):
        rows = CatalogMark.objects.filter(changes__gt=F("seen")).exclude(refreshed_at__gt=older_than)
        return sorted(set(rows.values_list("institution_code", flat=True)))


def _write(code: str, summaries: Sequence[scheduling.SessionSummary], now: datetime) -> None:
    newer = set(
        CatalogSession.objects.filter(session_id__in=[s.id for s in summaries], refreshed_at__gt=now).values_list(
            "session_id", flat=True
        )
    )
    CatalogSession.objects.bulk_create(
        [
            CatalogSession(
                institution_code=code,
                session_id=summary.id,
                refreshed_at=now,
                **{name: getattr(summary, name) for name in _SESSION_FIELDS},
            )
            for summary in sorted(summaries, key=lambda summary: summary.id)
            if summary.id not in newer
        ],
        update_conflicts=True,
        unique_fields=["session_id"],
        update_fields=[*_SESSION_FIELDS, "refreshed_at"],
    )


def _department(code: str, row: directory.DepartmentView) -> CatalogDepartment:
    return CatalogDepartment(
        institution_code=code,
        department_id=row.id,
        code=row.code,
        name=row.name,
        parent_id=row.parent_id,
        intro=row.intro,
        location=row.location,
        sensitivity=row.sensitivity,
        initials=initials(row.name),
        is_active=row.is_active,
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
        registration_level=row.registration_level,
        initials=initials(row.name),
        is_active=row.is_active,
    )

"""The one read of the catalogue that a booking needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from hub import clock
from hub.tenancy.statements import Statement
from tenants.directory.models import Service


@dataclass(frozen=True, slots=True, kw_only=True)
class BookableSession:
    """A session somebody may try to book: whether a number is free is the hospital's to say.

    `queued`: people wait for its next free number. `blocked_until`: until then the person may not book online (爽约).
    `revisit_of`: the person's visit of this department for whose sake this one costs less (the hospital's rule).
    `is_payable`: the hospital has a merchant account in force, so that a fee can be paid online. `has_right`: he
    lost a visit there by a closure and may book before others.
    """

    session_id: UUID
    department_id: UUID
    department_name: str
    sensitivity: str
    doctor_name: str
    date: date
    fee_fen: int
    service: str = Service.OUTPATIENT
    queued: bool = False
    revisit_of: UUID | None = None
    blocked_until: datetime | None = None
    is_payable: bool = True
    has_right: bool = False


_BOOKABLE = Statement(
    "default",
    """
SELECT s.session_id, s.department_id, d.name, d.sensitivity, s.doctor_name, s.date, s.fee_fen,
    EXISTS (SELECT 1 FROM waitlist_entry w WHERE w.session_id = s.session_id AND w.state = 'waiting'), d.service,
    (SELECT max(b.until) FROM noshow_block b WHERE b.person_id = %(person)s AND b.lifted_at IS NULL
        AND b.until > %(now)s AND b.institution_code IN (%(institution)s, 'district')),
    (SELECT v.id FROM booking v WHERE v.person_id = %(person)s AND v.institution_code = %(institution)s
        AND v.department_id = s.department_id AND v.state = 'fulfilled' AND v.pricing <> 'revisit'
        AND v.visit_date < s.date AND v.visit_date >= s.date - %(revisit_days)s::int
        ORDER BY v.visit_date DESC, v.id LIMIT 1),
    EXISTS (SELECT 1 FROM payments_merchant_account m WHERE m.institution_code = %(institution)s
        AND m.effective_from <= %(now)s AND (m.effective_to IS NULL OR m.effective_to > %(now)s)),
    EXISTS (SELECT 1 FROM booking_rebooking_right r WHERE r.person_id = %(person)s
        AND r.institution_code = %(institution)s AND r.department_id = s.department_id
        AND r.used_by IS NULL AND r.until >= %(today)s)
FROM regional_catalog_catalogsession s
JOIN regional_catalog_catalogdepartment d ON d.department_id = s.department_id
WHERE s.session_id = %(session)s AND s.institution_code = %(institution)s AND s.state = 'open'
    AND (%(reserved)s OR NOT d.is_reserved)
""",
)


def bookable_session(
    institution_code: str, session_id: UUID, *, person_id: UUID, revisit_days: int, reserved: bool = False
) -> BookableSession | None:
    """The open session of that institution, or None; `reserved` ones for the synthetic resident only. One query."""
    row = _BOOKABLE.row(
        session=session_id,
        institution=institution_code,
        person=person_id,
        now=clock.now(),
        today=clock.today(),
        revisit_days=revisit_days,
        reserved=reserved,
    )
    if row is None:
        return None
    return BookableSession(
        session_id=row[0],
        department_id=row[1],
        department_name=row[2],
        sensitivity=row[3],
        doctor_name=row[4],
        date=row[5],
        fee_fen=row[6],
        queued=row[7],
        service=row[8],
        blocked_until=row[9],
        revisit_of=row[10],
        is_payable=row[11],
        has_right=row[12],
    )

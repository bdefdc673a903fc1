"""Reminders residents set for themselves: told once, as soon as a department or a doctor has numbers to book.

Numbers open by a release rule's hour, by a hospital's new schedule, or because somebody gave one back: the catalogue
shows them all, so it is asked, twice a minute and only for what somebody waits for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from hub import clock
from hub.actor import Actor, system_actor
from hub.ids import uuid7
from hub.tenancy.scope import REGION, region
from hub.tenancy.statements import Statement
from hub.work import work
from regional_services.catalog import selectors as catalog
from regional_services.doctors.access import account
from regional_services.doctors.errors import ReminderNotFound, TooManyReminders
from regional_services.doctors.models import Reminder
from regional_services.notifications import steps as notifications
from tenants.registry import functions
from tenants.registry import selectors as registry

TELLER = system_actor("有号提醒")
DAYS = 30
MOST = 20
BATCH = 200

_DUE = Statement(
    "default",
    """
SELECT r.id, r.account_id, r.department_id, r.doctor_id, s.session_id
FROM doctors_reminder r CROSS JOIN LATERAL (
    SELECT c.session_id FROM regional_catalog_catalogsession c
    WHERE c.department_id = r.department_id AND (r.doctor_id IS NULL OR c.doctor_id = r.doctor_id)
        AND c.date >= %(today)s AND c.state = 'open' AND c.free > 0 AND NOT c.is_reserved
        AND c.next_free_start > %(now)s AND (c.release_at IS NULL OR c.release_at <= %(now)s)
        AND c.institution_code = ANY(%(bookable)s::text[])
    ORDER BY c.date, c.session_id LIMIT 1) AS s
WHERE r.told_at IS NULL AND r.until >= %(today)s
ORDER BY r.id LIMIT %(limit)s::int
""",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderView:
    """A reminder; `doctor` is empty where it is of the whole department."""

    id: int
    institution_code: str
    institution: str
    department_id: UUID
    department: str
    doctor: str
    doctor_id: UUID | None
    set_at: datetime
    until: date
    told_at: datetime | None


def remind(*, actor: Actor, department_id: UUID, doctor_id: UUID | None = None) -> ReminderView:
    """Tell me once when there are numbers; asking again changes nothing. NotFound, TooManyReminders."""
    account_id = account(actor)
    with work(REGION, actor=actor) as unit:
        catalog.department(department_id)
        if doctor_id is not None and catalog.doctor(doctor_id).department_id != department_id:
            raise ReminderNotFound
        mine = Reminder.objects.filter(account_id=account_id, told_at__isnull=True, until__gte=clock.today())
        row = mine.filter(department_id=department_id, doctor_id=doctor_id).first()
        if row is None and mine.count() >= MOST:
            raise TooManyReminders
        if row is None:
            row = _made(account_id, department_id, doctor_id, unit.now)
        unit.audit("doctors.reminder_set", target=f"department:{department_id}", detail={"reminder": row.id})
        [view] = _views([row])
        return view


def _made(account_id: UUID, department_id: UUID, doctor_id: UUID | None, now: datetime) -> Reminder:
    ended = Reminder.objects.filter(account_id=account_id, department_id=department_id, doctor_id=doctor_id)
    ended.filter(told_at__isnull=True, until__lt=clock.today()).delete()
    try:
        with transaction.atomic():
            return Reminder.objects.create(
                account_id=account_id,
                department_id=department_id,
                doctor_id=doctor_id,
                set_at=now,
                until=clock.today() + timedelta(days=DAYS),
            )
    except IntegrityError:  # two taps at the same instant
        return ended.get(told_at__isnull=True)


def drop(*, actor: Actor, reminder_id: int) -> None:
    """Take a reminder back; ReminderNotFound for another account's."""
    account_id = account(actor)
    with work(REGION, actor=actor) as unit:
        if not Reminder.objects.filter(id=reminder_id, account_id=account_id).delete()[0]:
            raise ReminderNotFound
        unit.audit("doctors.reminder_dropped", target=f"reminder:{reminder_id}")


def reminders_of(account_id: UUID) -> list[ReminderView]:
    """The account's reminders, newest first, those that were told for a month. Inside a region scope; three queries."""
    rows = Reminder.objects.filter(account_id=account_id, set_at__gte=clock.now() - timedelta(days=2 * DAYS))
    return _views(list(rows.order_by("-id")[: 2 * MOST]))


def is_set(account_id: UUID, department_id: UUID, doctor_id: UUID | None = None) -> bool:
    """Whether the account waits to hear of this department or doctor. One query."""
    rows = Reminder.objects.filter(account_id=account_id, department_id=department_id, doctor_id=doctor_id)
    return rows.filter(told_at__isnull=True, until__gte=clock.today()).exists()


def sweep() -> int:
    """Tell those whose department or doctor has numbers now; how many."""
    told = 0
    while True:
        due = _due()
        for reminder_id, session_id in due:
            told += _tell(reminder_id, session_id)
        if len(due) < BATCH:
            return told


def _due() -> list[tuple[int, UUID]]:
    with region(read_only=True):
        rows = _DUE.rows(
            today=clock.today(),
            now=clock.now(),
            bookable=[view.code for view in registry.institutions_with(functions.BOOKING) if not view.closed],
            limit=BATCH,
        )
    return [(row[0], row[4]) for row in rows]


def _tell(reminder_id: int, session_id: UUID) -> bool:
    with work(REGION, actor=TELLER) as unit:
        row = Reminder.objects.select_for_update().filter(id=reminder_id, told_at__isnull=True).first()
        unit.audit("doctors.reminded", target=f"reminder:{reminder_id}", outcome="success" if row else "repeat")
        if row is None:
            return False
        card = catalog.session(session_id)
        row.told_at = unit.now
        row.save(update_fields=["told_at"])
        notifications.send(
            unit,
            kind="doctors.opened",
            account_id=row.account_id,
            person_id=None,
            institution_code=card.institution_code,
            about=uuid7(),
            facts={
                "institution": registry.institution(card.institution_code).name,
                "department": catalog.department(row.department_id).name,
                "doctor": card.doctor_name if row.doctor_id else "",
                "days": f"{card.date.month}月{card.date.day}日",
            },
        )
        return True


def _views(rows: Sequence[Reminder]) -> list[ReminderView]:
    departments = catalog.departments_by_id([row.department_id for row in rows])
    doctors = catalog.doctors_by_id([row.doctor_id for row in rows if row.doctor_id])
    names = {view.code: view.short_name for view in registry.institutions()}
    found = []
    for row in rows:
        department = departments.get(row.department_id)
        if department is not None:
            post = doctors.get(row.doctor_id) if row.doctor_id else None
            found.append(
                ReminderView(
                    id=row.id,
                    institution_code=department.institution_code,
                    institution=names.get(department.institution_code, ""),
                    department_id=row.department_id,
                    department=department.name,
                    doctor=post.name if post else "",
                    doctor_id=row.doctor_id,
                    set_at=row.set_at,
                    until=row.until,
                    told_at=row.told_at,
                )
            )
    return found

"""Until when feedback is to be answered, and what happens when it is not."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid5

from hub.accounts import selectors as accounts
from hub.accounts.models import DISTRICT as DISTRICT_CODE
from hub.actor import Actor, system_actor
from hub.errors import InvalidInput
from hub.ids import uuid7
from hub.security.permissions import require
from hub.security.roles import Role
from hub.tenancy.scope import REGION, region
from hub.work import Unit, work
from regional_services.feedback.models import AWAITED, Category, Deadline, Entry, Feedback, Kind, Side
from regional_services.feedback.permissions import CLOSE
from regional_services.notifications import steps as notifications
from tenants.registry import selectors as registry

HOURS = 72  # until the district says otherwise
LONGEST = 30 * 24
BATCH = 200
CLOCK = system_actor("反馈时限")
DISTRICT = "健康云栖平台"


def hours() -> dict[str, int]:
    """The hours in force for every category; inside an open scope. One query."""
    newest = Deadline.objects.order_by("category", "-id").distinct("category").values_list("category", "hours")
    return dict.fromkeys(Category.values, HOURS) | dict(newest)


def due(category: str, now: datetime) -> datetime:
    """When an item that waits from `now` on is to be answered. One query."""
    row = Deadline.objects.filter(category=category).order_by("-id").values_list("hours", flat=True).first()
    return now + timedelta(hours=row or HOURS)


def in_force() -> dict[str, int]:
    """The same as `hours`, in a scope of its own."""
    with region(read_only=True):
        return hours()


def change(*, actor: Actor, values: dict[str, str]) -> int:
    """Set the hours of the categories named; how many changed. Items that wait already keep their time."""
    require(actor, CLOSE)
    wanted = {category: values[category] for category in Category.values if category in values}
    wrong = {
        category: f"请填 1 到 {LONGEST} 小时。"
        for category, text in wanted.items()
        if not (text.isdecimal() and 1 <= int(text) <= LONGEST)
    }
    if wrong:
        raise InvalidInput(fields=wrong)
    with work(REGION, actor=actor) as unit:
        before = hours()
        changed = {category: int(text) for category, text in wanted.items() if int(text) != before[category]}
        Deadline.objects.bulk_create(
            Deadline(category=category, hours=number, set_by_name=actor.name[:60], set_at=unit.now)
            for category, number in changed.items()
        )
        unit.audit("feedback.deadlines", target="feedback", detail=changed)
    return len(changed)


def escalate() -> int:
    """Mark what nobody answered in time, so that it stands first at the district; how many."""
    with work(REGION, actor=CLOCK) as unit:
        rows = list(
            Feedback.objects.select_for_update(skip_locked=True)
            .filter(due_at__lt=unit.now, escalated_at__isnull=True, state__in=AWAITED)
            .order_by("due_at")[:BATCH]
        )
        Feedback.objects.filter(pk__in=[row.pk for row in rows]).update(escalated_at=unit.now, updated_at=unit.now)
        Entry.objects.bulk_create(
            Entry(
                id=uuid7(),
                institution_code=row.institution_code,
                feedback=row,
                kind=Kind.ESCALATED,
                side=Side.SYSTEM,
                author_name=CLOCK.name,
                text="超过时限没有答复，已升级到区平台督办。",
                created_at=unit.now,
            )
            for row in rows
        )
        for row in rows:
            unit.audit("feedback.escalated", target=f"feedback:{row.pk}")
            _tell_managers(unit, row)
    return len(rows)


def _tell_managers(unit: Unit, row: Feedback) -> None:
    """The district's operations, and the managers of the hospital it is about: once for each deadline missed."""
    code = row.institution_code
    told = accounts.holders(Role.OPERATIONS, DISTRICT_CODE)
    told |= accounts.holders(Role.HOSPITAL_MANAGER, code) if code else frozenset()
    for account_id in sorted(told):
        notifications.send(
            unit,
            kind="feedback.overdue",
            account_id=account_id,
            person_id=None,
            institution_code=code,
            about=uuid5(row.pk, f"{row.due_at}"),
            subject=row.pk,
            facts={
                "institution": registry.institution(code).name if code else DISTRICT,
                "number": row.number,
                "deadline": row.due_at,
            },
        )

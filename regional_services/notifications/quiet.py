"""The hours in which only urgent kinds leave the house."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from hub.actor import Actor
from hub.errors import InvalidInput
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.notifications.models import QuietHours
from regional_services.notifications.permissions import EDIT

BEGINS, ENDS = time(22, 0), time(7, 0)  # until the district says otherwise (U)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """The hours in force, and who set them."""

    begins: time
    ends: time
    set_by_name: str = ""
    set_at: datetime | None = None


def hours() -> Quiet:
    """Those in force; inside an open scope. One query."""
    row = QuietHours.objects.order_by("-id").first()
    if row is None:
        return Quiet(begins=BEGINS, ends=ENDS)
    return Quiet(begins=row.begins, ends=row.ends, set_by_name=row.set_by_name, set_at=row.set_at)


def in_force() -> Quiet:
    """The same in a scope of its own."""
    with region(read_only=True):
        return hours()


def change(*, actor: Actor, begins: str, ends: str) -> None:
    """Set them (`HH:MM`); equal times mean that there are none. Messages that wait already keep their time."""
    require(actor, EDIT)
    read: dict[str, time] = {}
    problems: dict[str, str] = {}
    for name, text in (("begins", begins), ("ends", ends)):
        try:
            read[name] = time.fromisoformat(text.strip()).replace(second=0, microsecond=0, tzinfo=None)
        except ValueError:
            problems[name] = "请填写时间，如 22:00。"
    if problems:
        raise InvalidInput(fields=problems)
    with work(REGION, actor=actor) as unit:
        QuietHours.objects.create(**read, set_by_name=actor.name[:60], set_at=unit.now)
        detail = {name: f"{value:%H:%M}" for name, value in read.items()}
        unit.audit("notifications.quiet_hours", target="notifications", detail=detail)

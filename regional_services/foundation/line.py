"""The line of sending: who stores wakes it once, who sends lets it sleep only when nothing waits.

Who stores holds the line together with others, who lets it sleep holds it alone: so nothing is stored between his last
look and the sleep, and bookings that are stored side by side don't wait for each other.
"""

from __future__ import annotations

from datetime import timedelta

from hub import clock
from hub.actor import system_actor
from hub.outbox.events import Delivery
from hub.tenancy.scope import REGION, region
from hub.tenancy.statements import Statement
from hub.work import Unit, work
from regional_services.foundation import outside
from regional_services.foundation.events import HandOverDue
from regional_services.foundation.models import Entry, EntryState, Line

SENDER = system_actor("数据底座")
FORGOTTEN_AFTER = timedelta(minutes=30)  # a sender tries every five minutes at least

_TOGETHER = Statement("default", "SELECT pg_advisory_xact_lock_shared(7304565, 1)")
_ALONE = Statement("default", "SELECT pg_advisory_xact_lock(7304565, 1)")
# A line that is awake is not locked by this. Its one row comes with the table.
_WAKE = Statement(
    "default",
    "UPDATE foundation_line SET is_awake = true, tried_at = %(now)s WHERE id = 1 AND NOT is_awake RETURNING id",
)


def wake(unit: Unit) -> None:
    """See that entries stored in this unit are sent, by whoever is at it or by somebody woken now. Two statements."""
    _TOGETHER.row()
    if _WAKE.row(now=unit.now) is not None:
        unit.publish(HandOverDue())


def note_try() -> None:
    """A sender is at it."""
    with region():
        Line.objects.update(tried_at=clock.now())


def rest(delivery: Delivery) -> bool:
    """End the delivery and let the line sleep; False where something waits again."""
    with work(REGION, actor=SENDER) as unit:
        _ALONE.row()
        if outside.is_configured() and Entry.objects.filter(state=EntryState.WAITING).exists():
            return False
        Line.objects.update(is_awake=False)
        unit.audit("foundation.rested", target="foundation")
        delivery.end_in(unit)
    return True


def go_on(delivery: Delivery) -> None:
    """End the delivery and leave the rest to a new one, whose attempts begin anew."""
    with work(REGION, actor=SENDER) as unit:
        unit.publish(HandOverDue())
        unit.audit("foundation.goes_on", target="foundation", detail={"attempt": delivery.attempt})
        delivery.end_in(unit)


def wake_forgotten() -> bool:
    """Wake the line where entries wait and nobody has tried for long: it was switched off, or its wake was dropped."""
    with work(REGION, actor=SENDER) as unit:
        _ALONE.row()
        fresh = Line.objects.filter(tried_at__gt=unit.now - FORGOTTEN_AFTER).exists()
        if fresh or not Entry.objects.filter(state=EntryState.WAITING).exists():
            return False
        Line.objects.update(is_awake=True, tried_at=unit.now)
        unit.publish(HandOverDue())
        unit.audit("foundation.woken", target="foundation")
    return True

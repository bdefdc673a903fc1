"""A session stopped in the hub takes place after all: who lost his number is asked first, then the numbers are free.

Bookings that were ended stay ended: their money is on its way back. Who had one is put in line before anybody else can
book (`regional_services/waitlist`), and only then do the numbers come back.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hub import clock
from hub.actor import Actor
from hub.errors import InvalidInput
from hub.security.permissions import require
from hub.work import work
from tenants.appointments.errors import StillStopping
from tenants.appointments.events import SessionReopening
from tenants.appointments.models import ACTIVE, Appointment, State
from tenants.scheduling import following
from tenants.scheduling.errors import NothingToReopen, SessionNotFound
from tenants.scheduling.permissions import STOP_SESSION
from tenants.scheduling.selectors import reopenable, session_summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What reopening would do: numbers that come back, and the bookings that lost theirs, first in line first."""

    numbers: int
    bookings: tuple[UUID, ...]


def outlook(session_id: UUID) -> Outlook:
    """Inside the hospital's scope; StillStopping while bookings of the stop are being ended. Three queries."""
    now = clock.now()
    numbers, holders = reopenable(session_id, now)
    rows = Appointment.objects.filter(session_id=session_id).order_by("sequence", "created_at")
    facts = list(rows.values_list("id", "state", "present_at", "starts_at"))
    if any(state in ACTIVE and present is None and found in holders for found, state, present, _ in facts):
        raise StillStopping
    return Outlook(
        numbers=numbers,
        bookings=tuple(found for found, state, _, starts in facts if state == State.STOPPED and starts > now),
    )


def reopen_session(*, actor: Actor, hospital: str, session_id: UUID, reason: str) -> Outlook:
    """Set a stopped session going again, decided by the hospital's staff; what comes back, and who is asked.

    SessionNotFound, NothingToReopen (nothing was stopped here), StillStopping.
    """
    require(actor, STOP_SESSION)
    if not reason.strip():
        raise InvalidInput("请填写恢复原因。", fields={"reason": "请填写恢复原因。"})
    with work(hospital, actor=actor) as unit:
        found = session_summary(session_id)
        if found is None or not actor.sees(found.department_id):
            raise SessionNotFound
        looked = outlook(session_id)
        if not looked.numbers:
            raise NothingToReopen
        if looked.bookings:
            unit.publish(SessionReopening(hospital=hospital, session_id=session_id, bookings=looked.bookings))
        else:
            following.reopen_numbers(unit, session_id)
        unit.audit(
            "scheduling.session_reopened",
            target=f"session:{session_id}",
            detail={"numbers": looked.numbers, "bookings": len(looked.bookings)},
            reason=reason.strip(),
        )
        return looked

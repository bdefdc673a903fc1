"""The hospital's own system as the caller, and as the one that hears what the hub's callers do (ADR 1070).

Its word is followed as it stands: whom it calls is called, whom it passes is passed, in whatever order its messages
come. Each step may be told again.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from hub.work import Unit
from institution_connectors.contracts import VisitEventKind
from tenants.appointments import selectors as appointments
from tenants.appointments import steps as appointment_steps
from tenants.appointments.events import VisitStepTold
from tenants.queueing import calling, steps
from tenants.queueing.events import EntryCalled, EntryEvent, EntryPassed, VisitFinished
from tenants.queueing.models import ACTIVE, IN_LINE, Entry, EntryState
from tenants.queueing.rules import Caller, Priority
from tenants.queueing.selectors import current_rules

_TICKET = 20
_STATION = 60


def follow(unit: Unit, told: VisitStepTold) -> None:
    """What the hospital's caller did; nothing where the hub calls, for two callers would call one person twice."""
    if current_rules(unit.now).caller is not Caller.HOSPITAL:
        unit.audit(
            "queueing.told", target=f"booking:{told.booking_id}", outcome="hub_calls", detail={"kind": told.kind}
        )
        return
    entry = _entry(unit, told)
    if entry is None:
        unit.audit("queueing.told", target=f"booking:{told.booking_id}", outcome="not_today")
    elif told.kind == VisitEventKind.CALLED:
        _called(unit, entry, told)
    elif entry.state == EntryState.PASSED:
        unit.audit("queueing.told", target=f"entry:{entry.id}", outcome="passed")
    else:
        if entry.state == EntryState.CALLED:
            calling.note_unanswered(unit, entry)
        steps.pass_over(unit, entry, reason="missed")


def _entry(unit: Unit, told: VisitStepTold) -> Entry | None:
    """His entry, locked; made when the hospital calls somebody the hub had not put in line yet. None on other days."""
    view = appointments.appointment(told.booking_id)
    if view is None or view.visit_date != steps.day_of(unit.now):
        return None
    return steps.lock_entry(steps.enter(unit, view, how="hospital").id)


def _called(unit: Unit, entry: Entry, told: VisitStepTold) -> None:
    """Called into a room: whoever stood in it has made place. A second call of the same person is a call again."""
    if told.ticket:
        Entry.objects.filter(id=entry.id).update(ticket=told.ticket[:_TICKET])
    if entry.state == EntryState.CALLED:
        calling.recall(unit, entry.id)
        return
    queue = entry.queue
    station = (told.room or queue.room or queue.doctor_name or queue.department_name)[:_STATION]
    before = Entry.objects.filter(queue=queue, station=station, state__in=ACTIVE).exclude(id=entry.id)
    for entry_id in before.values_list("id", flat=True):
        steps.finish(unit, entry_id, tell=False)
    if calling.take(unit, entry.id, station=station, where=Q(state__in=(*IN_LINE, EntryState.DONE))):
        calling.count_turn(queue.id, Priority(entry.priority))


def tell_called(unit: Unit, event: EntryCalled) -> None:
    """The hub's caller called somebody: the hospital's system hears of it where it can."""
    _tell(unit, event, VisitEventKind.CALLED, of=event.call_id, room=event.room, ticket=event.ticket)


def tell_passed(unit: Unit, event: EntryPassed) -> None:
    """The hub passed somebody."""
    _tell(unit, event, VisitEventKind.MISSED, of=event.pass_id, ticket=event.ticket)


def tell_finished(unit: Unit, event: VisitFinished) -> None:
    """The doctor at the hub's calling page is done with somebody."""
    _tell(unit, event, VisitEventKind.VISIT_ENDED, of=event.entry_id)


def _tell(unit: Unit, event: EntryEvent, kind: VisitEventKind, *, of: UUID, room: str = "", ticket: str = "") -> None:
    if current_rules(unit.now).caller is Caller.HUB and appointment_steps.tell_visit(
        unit, event.booking_id, of=of, kind=kind, room=room, ticket=ticket
    ):
        unit.audit("queueing.hospital_told", target=f"entry:{event.entry_id}", detail={"kind": kind})
    else:
        unit.audit("queueing.hospital_not_told", target=f"entry:{event.entry_id}", detail={"kind": kind})

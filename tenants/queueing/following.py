"""The hospital's own system calls: what it tells moves the same rows as the hub's own calling page.

Its word stands: order and presence are not checked. An older message never undoes a newer one.
"""

from __future__ import annotations

from django.db.models import Q

from hub.work import Unit
from institution_connectors.contracts import VisitEvent, VisitEventKind
from tenants.appointments import selectors as appointments
from tenants.appointments.models import State as AppointmentState
from tenants.queueing import calling, steps
from tenants.queueing.models import ACTIVE, IN_LINE, Entry, EntryState, PresentBy
from tenants.queueing.services import STATION_LIMIT

STEPS = frozenset(
    {
        VisitEventKind.ARRIVED,
        VisitEventKind.QUEUED,
        VisitEventKind.CALLED,
        VisitEventKind.MISSED,
        VisitEventKind.VISIT_ENDED,
    }
)


def follow(unit: Unit, fact: VisitEvent) -> None:
    """One step of a visit as the hospital tells it; of a patient the hub does not know there is nothing to follow."""
    view = appointments.by_number(fact.registration_number) or appointments.by_number(fact.his_number)
    # Whom the hospital's own desk checked in is in the queue without registering again (BQ-APPT-05).
    if view is None or view.state is not AppointmentState.BOOKED or view.visit_date != steps.day_of(unit.now):
        unit.audit("queueing.his_ignored", target=f"visit:{fact.his_number}", detail={"kind": fact.kind})
        return
    entry = steps.lock_entry(steps.enter(unit, view, how="his").id)
    if entry.his_at is not None and fact.occurred_at < entry.his_at:
        unit.audit("queueing.his_late", target=f"entry:{entry.id}", detail={"kind": fact.kind})
        return
    Entry.objects.filter(id=entry.id).update(
        his_at=fact.occurred_at,
        his_ahead=fact.ahead if fact.kind is VisitEventKind.QUEUED else None,
        updated_at=unit.now,
    )
    if fact.ticket or fact.place:
        steps.take_ticket(unit, entry.id, ticket=fact.ticket, room=fact.place)
    _STEP[fact.kind](unit, steps.lock_entry(entry.id), fact)
    unit.audit("queueing.his_followed", target=f"entry:{entry.id}", detail={"kind": fact.kind})


def _arrived(unit: Unit, entry: Entry, _fact: VisitEvent) -> None:
    steps.mark_present(unit, entry, by=PresentBy.HIS)


def _queued(unit: Unit, entry: Entry, _fact: VisitEvent) -> None:
    steps.mark_present(unit, entry, by=PresentBy.HIS)
    steps.changed(unit, entry.queue_id)


def _called(unit: Unit, entry: Entry, fact: VisitEvent) -> None:
    station = (fact.place or entry.queue.room or entry.queue.department_name)[:STATION_LIMIT]
    if entry.state == EntryState.CALLED:
        calling.recall(unit, entry.id)
        return
    # The hospital's system need not tell that the one before is done: who is called next says it.
    before = Entry.objects.filter(queue_id=entry.queue_id, station=station, state__in=ACTIVE).exclude(id=entry.id)
    for other in before.values_list("id", flat=True):
        steps.finish(unit, other)
    if calling.take(unit, entry.id, station=station, where=Q(state__in=calling.CALLABLE)):
        calling.count_turn(entry.queue_id)


def _missed(unit: Unit, entry: Entry, _fact: VisitEvent) -> None:
    if entry.state in (EntryState.WAITING, EntryState.CALLED):
        steps.pass_over(unit, entry, reason="missed" if entry.state == EntryState.CALLED else "clock")


def _ended(unit: Unit, entry: Entry, _fact: VisitEvent) -> None:
    steps.finish(unit, entry.id, states=IN_LINE)


_STEP = {
    VisitEventKind.ARRIVED: _arrived,
    VisitEventKind.QUEUED: _queued,
    VisitEventKind.CALLED: _called,
    VisitEventKind.MISSED: _missed,
    VisitEventKind.VISIT_ENDED: _ended,
}

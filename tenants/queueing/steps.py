"""Parts of a queue's life inside somebody's transaction in the hospital's schema; each may be repeated."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connections

from hub import clock
from hub.ids import uuid7
from hub.tenancy.scope import hospital_alias
from hub.work import Unit
from tenants.appointments import selectors as appointments
from tenants.appointments import steps as appointment_steps
from tenants.appointments.models import Settlement
from tenants.appointments.models import State as AppointmentState
from tenants.appointments.selectors import AppointmentView
from tenants.directory import selectors as directory
from tenants.patients import selectors as patients
from tenants.queueing import ordering
from tenants.queueing.events import EntryPassed, QueueChanged, VisitFinished
from tenants.queueing.models import ACTIVE, IN_LINE, Call, Entry, EntryState, PresentBy, Queue, QueueState
from tenants.queueing.rules import Priority
from tenants.queueing.selectors import current_rules, waiting_of
from tenants.scheduling import selectors as scheduling
from tenants.scheduling.selectors import SessionSummary

_FEW = 5
_SPREAD = 0.6  # of the mean, where no history says otherwise
_GUESS = 8 * 60.0
_HISTORY = """
SELECT avg(extract(epoch FROM e.done_at - e.called_at)),
       stddev_samp(extract(epoch FROM e.done_at - e.called_at)), count(*)
FROM queueing_entry AS e JOIN queueing_queue AS q ON q.id = e.queue_id
WHERE q.doctor_id IS NOT DISTINCT FROM %(doctor)s AND q.department_id = %(department)s
  AND q.day BETWEEN %(first)s AND %(last)s AND e.state = 'done'
  AND e.done_at - e.called_at BETWEEN interval '20 seconds' AND interval '1 hour'
"""


def is_due(view: AppointmentView, day: date) -> bool:
    """Whether this appointment belongs into a queue of `day` by itself: of today, booked, and paid or free."""
    return (
        view.visit_date == day
        and view.state is AppointmentState.BOOKED
        and view.settlement in (Settlement.PAID, Settlement.FREE)
    )


def enter(unit: Unit, view: AppointmentView, *, how: str) -> Entry:
    """The entry of an appointment, made when missing; ordered by booked time like everybody's (JA-QUEUE-01).

    Two at once make one: the second finds the first's row. `how` is said in the audit (automatic, desk).
    """
    queue = ensure_queue(unit, view.session_id)
    person = patients.patients_of([view.archive_id]).get(view.archive_id)
    entry_id = uuid7()
    Entry.objects.bulk_create(
        [
            Entry(
                id=entry_id,
                queue=queue,
                booking_id=view.id,
                archive_id=view.archive_id,
                person_id=view.person_id,
                ticket=f"{view.sequence:03d}",
                sequence=view.sequence,
                booked=view.starts_at,
                booked_end=view.ends_at,
                priority=_by_age(person.birth_date, view.visit_date) if person else Priority.NONE,
                is_followup=appointments.seen_before(
                    view.person_id,
                    view.department_id,
                    since=view.visit_date - timedelta(days=180),
                    until=view.visit_date,
                ),
                entered_at=unit.now,
                updated_at=unit.now,
            )
        ],
        ignore_conflicts=True,
    )
    entry = Entry.objects.select_related("queue").get(booking_id=view.id)
    unit.audit("queueing.entered", target=f"entry:{entry.id}", detail={"booking": str(view.id), "how": how})
    if entry.id == entry_id:
        changed(unit, entry.queue_id)
    return entry


def _by_age(born: date, today: date) -> Priority:
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if age >= 80:
        return Priority.ELDER_80
    return Priority.ELDER_65 if age >= 65 else Priority.NONE


def ensure_queue(unit: Unit, session_id: UUID) -> Queue:
    """The queue of a session, made when missing. One query when there is one."""
    found = Queue.objects.filter(session_id=session_id).first()
    if found is not None:
        return found
    session = scheduling.session_summary(session_id)
    if session is None:
        raise LookupError(f"a queue for no session: {session_id}")
    department = directory.department(session.department_id)
    mean, deviation = _usual_pace(session)
    Queue.objects.bulk_create(
        [
            Queue(
                session_id=session.id,
                department_id=session.department_id,
                department_name=department.name if department else "",
                sensitive=bool(department and department.sensitivity),
                doctor_id=session.doctor_id,
                doctor_name=session.doctor_name,
                day=session.date,
                period=session.period,
                room=session.room or (department.location if department else ""),
                campus_code=session.campus_code,
                starts_at=session.first_start or unit.now,
                history_mean=mean,
                history_deviation=deviation,
                updated_at=unit.now,
            )
        ],
        ignore_conflicts=True,
    )
    return Queue.objects.get(session_id=session_id)


def _usual_pace(session: SessionSummary) -> tuple[float, float]:
    """Mean and deviation in seconds of this doctor's last month; of the planned numbers where there is none."""
    window = {"first": session.date - timedelta(days=30), "last": session.date - timedelta(days=1)}
    with connections[hospital_alias()].cursor() as cursor:
        cursor.execute(_HISTORY, {"doctor": session.doctor_id, "department": session.department_id, **window})
        mean, deviation, count = cursor.fetchone() or (None, None, 0)
    if mean is not None and deviation is not None and count >= _FEW:
        return float(mean), float(deviation)
    planned = _GUESS
    if session.first_start and session.last_end and session.total:
        planned = (session.last_end - session.first_start).total_seconds() / session.total
    return planned, planned * _SPREAD


def follow_session(unit: Unit, session_id: UUID) -> bool:
    """Take over the session's room and doctor where they changed; whether there was anything to take over."""
    queue, session = Queue.objects.filter(session_id=session_id).first(), scheduling.session_summary(session_id)
    if queue is None or session is None:
        return False
    wanted = {"room": session.room or queue.room, "doctor_id": session.doctor_id, "doctor_name": session.doctor_name}
    if all(getattr(queue, name) == value for name, value in wanted.items()):
        return False
    Queue.objects.filter(id=queue.id).update(**wanted, updated_at=unit.now)
    unit.audit("queueing.session_followed", target=f"queue:{queue.id}", detail={"room": wanted["room"]})
    changed(unit, queue.id)
    return True


def mark_present(unit: Unit, entry: Entry, *, by: PresentBy) -> Entry:
    """He is there: the second fact beside being in the queue. A repeat changes nothing.

    Late ones, and those the clock had passed, take their place `late_places` behind.
    """
    entry = lock_entry(entry.id)
    if entry.present_at is not None and entry.state != EntryState.PASSED:
        unit.audit("queueing.present", target=f"entry:{entry.id}", detail={"repeat": True, "by": by})
        return entry
    if entry.state in (EntryState.WAITING, EntryState.PASSED):
        _take_place(unit, entry)
    entry.present_at = entry.present_at or unit.now
    entry.present_by = entry.present_by or by
    entry.updated_at = unit.now
    entry.save(update_fields=["state", "not_before", "was_late", "present_at", "present_by", "updated_at"])
    unit.audit("queueing.present", target=f"entry:{entry.id}", detail={"by": by, "late": entry.was_late})
    if entry.booking_id is not None:
        appointment_steps.mark_present(unit, entry.booking_id)
    changed(unit, entry.queue_id)
    return entry


def _take_place(unit: Unit, entry: Entry) -> None:
    queue, rules = entry.queue, current_rules(unit.now)
    if entry.state == EntryState.PASSED and entry.missed:
        entry.not_before = queue.turn + rules.missed_places
    else:
        clock = ordering.clock_of(waiting_of(queue.id), now=unit.now, turn=queue.turn)
        held = timedelta(seconds=queue.held_seconds)
        late = ordering.is_late(entry.booked_end, clock=clock, held=held, rules=rules)
        if late or entry.state == EntryState.PASSED:
            entry.was_late = True
            entry.not_before = queue.turn + rules.late_places
    entry.state = EntryState.WAITING


def leave(unit: Unit, booking_id: UUID, *, reason: str) -> None:
    """The booking ended before the visit: its place is free. Somebody inside stays until the doctor is done."""
    entry = Entry.objects.select_for_update().filter(booking_id=booking_id).first()
    if entry is None or entry.state not in IN_LINE or entry.state == EntryState.INSIDE:
        unit.audit("queueing.left", target=f"booking:{booking_id}", outcome="nothing", reason=reason)
        return
    Entry.objects.filter(id=entry.id).update(state=EntryState.LEFT, station="", updated_at=unit.now)
    unit.audit("queueing.left", target=f"entry:{entry.id}", reason=reason)
    changed(unit, entry.queue_id)


def pass_over(unit: Unit, entry: Entry, *, reason: str) -> None:
    """Out of the active order: `clock` for somebody who is not there, `missed` after an unanswered call."""
    entry.state = EntryState.PASSED
    entry.pass_id, entry.pass_reason = uuid7(), reason
    entry.station, entry.updated_at = "", unit.now
    entry.missed += reason == "missed"
    entry.save(update_fields=["state", "pass_id", "pass_reason", "station", "missed", "updated_at"])
    unit.audit("queueing.passed", target=f"entry:{entry.id}", reason=reason)
    if entry.booking_id is not None:
        unit.publish(
            EntryPassed(
                hospital=unit.scope,
                entry_id=entry.id,
                booking_id=entry.booking_id,
                pass_id=entry.pass_id,
                reason=reason,
                ticket=entry.ticket,
            )
        )
    changed(unit, entry.queue_id)


def finish(unit: Unit, entry_id: UUID, *, states: tuple[EntryState, ...] = ACTIVE, tell: bool = True) -> bool:
    """The doctor is done with him; False when he was not inside (any more).

    `tell`: the visit is over with it. Not where the hospital's own system calls: there its word ends the visit.
    """
    done = Entry.objects.filter(id=entry_id, state__in=states).update(
        state=EntryState.DONE, done_at=unit.now, station="", updated_at=unit.now
    )
    if not done:
        return False
    entry = Entry.objects.get(id=entry_id)
    if entry.call_id is not None:
        Call.objects.filter(id=entry.call_id, answered_at__isnull=True).update(answered_at=unit.now)
    unit.audit("queueing.finished", target=f"entry:{entry_id}")
    if entry.booking_id is not None and tell:
        appointment = appointment_steps.lock_row(entry.booking_id)
        if appointment is not None:
            appointment_steps.end_visit(unit, appointment, ended_at=unit.now)
        unit.publish(VisitFinished(hospital=unit.scope, entry_id=entry_id, booking_id=entry.booking_id))
    changed(unit, entry.queue_id)
    return True


def end(unit: Unit, booking_id: UUID) -> None:
    """His visit is over: whatever he did in the queue, he is out of it. A repeat changes nothing."""
    entry_id = Entry.objects.filter(booking_id=booking_id, state__in=IN_LINE).values_list("id", flat=True).first()
    if entry_id is None or not finish(unit, entry_id, states=IN_LINE, tell=False):
        unit.audit("queueing.finished", target=f"booking:{booking_id}", outcome="nothing")


def lock_entry(entry_id: UUID) -> Entry:
    """The entry with its queue, its own row locked until the transaction ends."""
    return Entry.objects.select_for_update(of=("self",)).select_related("queue").get(id=entry_id)


def changed(unit: Unit, queue_id: UUID) -> None:
    """Tell that a queue moved."""
    unit.publish(QueueChanged(hospital=unit.scope, queue_id=queue_id))


def open_after_pause(unit: Unit, queue: Queue) -> None:
    """The pause is over; its length is nobody's lateness."""
    paused = int((unit.now - queue.paused_at).total_seconds()) if queue.paused_at else 0
    queue.held_seconds += paused
    queue.state, queue.paused_at, queue.pause_reason = QueueState.OPEN, None, ""


def day_of(instant: datetime) -> date:
    """The district's date of an instant."""
    return clock.local(instant).date()

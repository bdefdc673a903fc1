"""What time does in a queue: the day's entries, presence taken for granted, calls nobody answers, people passed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from hub import clock
from hub.actor import system_actor
from hub.tenancy.scope import hospital
from hub.work import work
from tenants.appointments import selectors as appointments
from tenants.queueing import calling, ordering, selectors, steps
from tenants.queueing.models import ACTIVE, Entry, EntryState, PresentBy, Queue, QueueState
from tenants.queueing.rules import Caller, Rules
from tenants.queueing.selectors import as_waiting, current_rules
from tenants.scheduling import selectors as scheduling

CLOCKWORK = system_actor("候诊时钟")


def enter_day(code: str) -> int:
    """Put today's paid and free bookings into their queues; how many were missing. Safe to run at any time.

    Those booked or paid during the day come by event; this is the morning's work, and repairs what a crash left out.
    """
    today = clock.today()
    with hospital(code, read_only=True):
        due = [view for view in appointments.standing_of_day(today) if steps.is_due(view, today)]
        known = selectors.booked_into_queues(view.id for view in due)
    missing = [view for view in due if view.id not in known]
    for view in missing:
        with work(code, actor=CLOCKWORK) as unit:
            fresh = appointments.appointment(view.id)
            if fresh is not None and steps.is_due(fresh, today):
                steps.enter(unit, fresh, how="automatic")
    return len(missing)


def tick(code: str) -> int:
    """What is due in this hospital's queues now; how many things were done. Each in a transaction of its own."""
    now = clock.now()
    with hospital(code, read_only=True):
        rules = current_rules(now)
        arrived = _taken_for_present(rules) if rules.auto_present else []
        # Where the hospital's own system calls it alone knows who came in, and it passes people by its own rules.
        ours = rules.caller is Caller.HUB
        silent = _unanswered(rules) if ours and rules.remind_by_clock else []
        passed = _run_out(rules) if ours else []
        moved = _moved()
    for entry_id in arrived:
        with work(code, actor=CLOCKWORK) as unit:
            steps.mark_present(unit, steps.lock_entry(entry_id), by=PresentBy.AUTOMATIC)
    for entry_id in silent:
        with work(code, actor=CLOCKWORK) as unit:
            entry = steps.lock_entry(entry_id)
            if entry.state == EntryState.CALLED:
                calling.note_unanswered(unit, entry)
    for session_id in moved:
        with work(code, actor=CLOCKWORK) as unit:
            steps.follow_session(unit, session_id)
    return len(arrived) + len(silent) + len(moved) + sum(_pass(code, entry_id) for entry_id in passed)


def _taken_for_present(rules: Rules) -> list[UUID]:
    opens = clock.now() + timedelta(minutes=rules.opens_minutes)
    rows = Entry.objects.filter(
        queue__day=clock.today(), state=EntryState.WAITING, present_at__isnull=True, booked__lte=opens
    )
    return list(rows.order_by("booked").values_list("id", flat=True))


def _unanswered(rules: Rules) -> list[UUID]:
    """Calls that stand too long and of which nobody was told."""
    rows = Entry.objects.filter(
        queue__day=clock.today(), state=EntryState.CALLED, called_at__lte=clock.now() - rules.answer_time
    )
    return calling.not_told(list(rows.values_list("id", "call_id")))


def _run_out(rules: Rules) -> list[UUID]:
    queues = {row.id: row for row in Queue.objects.filter(day=clock.today(), state=QueueState.OPEN, turn__gt=0)}
    waiting: dict[UUID, list[Entry]] = {queue_id: [] for queue_id in queues}
    for entry in Entry.objects.filter(queue_id__in=list(queues), state=EntryState.WAITING):
        waiting[entry.queue_id].append(entry)
    return [one.id for queue_id, rows in waiting.items() for one in _over(queues[queue_id], rows, rules)]


def _moved() -> list[UUID]:
    """Sessions of today whose room or doctor is another by now than their queue says."""
    queues = Queue.objects.filter(day=clock.today()).exclude(state=QueueState.CLOSED)
    known = {row.session_id: row for row in queues}
    told = scheduling.rooms_of(known)
    return [one for one, (room, doctor) in told.items() if (room or known[one].room, doctor) != _said(known[one])]


def _said(queue: Queue) -> tuple[str, UUID | None]:
    return queue.room, queue.doctor_id


def _over(queue: Queue, rows: list[Entry], rules: Rules) -> list[ordering.Waiting]:
    return ordering.run_out(
        list(map(as_waiting, rows)),
        now=clock.now(),
        turn=queue.turn,
        held=timedelta(seconds=queue.held_seconds),
        paused=queue.state != QueueState.OPEN,
        rules=rules,
    )


def _pass(code: str, entry_id: UUID) -> bool:
    """Pass one whose time has run out, unless he came or was called this very moment."""
    with work(code, actor=CLOCKWORK) as unit:
        entry = steps.lock_entry(entry_id)
        if entry.state != EntryState.WAITING or entry.present_at is not None:
            return False
        rows = list(Entry.objects.filter(queue_id=entry.queue_id, state=EntryState.WAITING))
        if entry_id not in {one.id for one in _over(entry.queue, rows, current_rules(unit.now))}:
            return False
        steps.pass_over(unit, entry, reason="clock")
    return True


def close_day(code: str) -> int:
    """After midnight: yesterday's queues are closed, and nobody is left called; how many were."""
    with hospital(code, read_only=True):
        ours = current_rules(clock.now()).caller is Caller.HUB
        old = list(
            Queue.objects.filter(day__lt=clock.today()).exclude(state=QueueState.CLOSED).values_list("id", flat=True)
        )
        left = list(Entry.objects.filter(queue_id__in=old, state__in=ACTIVE).values_list("id", flat=True))
    if not old:
        return 0
    with work(code, actor=CLOCKWORK) as unit:
        for entry_id in left:
            steps.finish(unit, entry_id, tell=ours)
        Queue.objects.filter(id__in=old).update(state=QueueState.CLOSED, updated_at=unit.now)
        unit.audit("queueing.day_closed", target=f"hospital:{code}", detail={"queues": len(old)})
    return len(old)

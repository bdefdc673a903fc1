"""Reads hospitals' queues into places, and tells people. All may run again."""

from __future__ import annotations

from uuid import UUID

from hub import clock
from hub.actor import system_actor
from hub.outbox.events import Delivery, RunsIn, Temporary, handles
from hub.sse import topics
from hub.tenancy.scope import REGION, hospital
from hub.work import Unit, work
from regional_services.booking import selectors as bookings
from regional_services.booking import steps as booking_steps
from regional_services.booking.process import Input
from regional_services.waiting import messages
from regional_services.waiting.models import Place
from tenants.queueing import selectors as queues
from tenants.queueing.events import CallUnanswered, EntryCalled, EntryPassed, QueueChanged, VisitFinished
from tenants.queueing.models import EntryState, QueueState
from tenants.queueing.selectors import Board, Person

PROJECTOR = system_actor("候诊投影")
OVERTAKEN_SECONDS = 0.5
_FIELDS = (
    "entry_id",
    "queue_id",
    "day",
    "department_name",
    "doctor_name",
    "room",
    "ticket",
    "state",
    "present",
    "late",
    "missed",
    "pass_reason",
    "station",
    "ahead",
    "wait_low",
    "wait_high",
    "serving",
    "paused",
    "sensitive",
    "read_at",
)


def hall_topic(hospital_code: str) -> str:
    """What a hospital's screens and desks listen to."""
    return f"hall.{hospital_code}"


def visit_topic(booking_id: UUID) -> str:
    """What the page of one visit listens to."""
    return f"visit.{booking_id}"


@handles(QueueChanged, runs_in=RunsIn.BETWEEN)
def project(event: QueueChanged, _delivery: Delivery) -> None:
    """Read the queue as it is now, write everybody's place, then tell the pages that look at it."""
    with hospital(event.hospital, read_only=True):
        board = queues.board(event.queue_id)
        gone = queues.ended_of(event.queue_id)
    if board is None:
        return
    with work(REGION, actor=PROJECTOR) as unit:
        moved = _write(unit, event.hospital, board, gone)
        unit.audit("waiting.projected", target=f"queue:{event.queue_id}", detail={"places": len(moved)})
    topics.publish(hall_topic(event.hospital), "changed", {"queue": str(event.queue_id)})
    for booking_id in moved:
        topics.publish(visit_topic(booking_id), "changed")


def _write(unit: Unit, code: str, board: Board, gone: list[Person]) -> list[UUID]:
    """Upsert the places that differ; the bookings whose place moved."""
    people = {one.booking_id: one for one in (*board.everybody, *gone) if one.booking_id is not None}
    known = {row.booking_id: row for row in Place.objects.select_for_update().filter(booking_id__in=list(people))}
    fresh = bookings.owners_of([booking_id for booking_id in people if booking_id not in known])
    changed: list[Place] = []
    for booking_id, person in people.items():
        row = known.get(booking_id)
        if row is None and booking_id not in fresh:
            continue  # of a booking the region does not know there is nobody to show it to
        if row is None:
            account_id, person_id = fresh[booking_id]
            row = Place(booking_id=booking_id, institution_code=code, account_id=account_id, person_id=person_id)
        before = {name: getattr(row, name) for name in _FIELDS if name != "read_at"}
        _fill(row, board, person)
        if before != {name: getattr(row, name) for name in before}:
            changed.append(row)
    Place.objects.bulk_create(changed, update_conflicts=True, unique_fields=["booking_id"], update_fields=_FIELDS)
    for row in changed:
        _tell_place(unit, row, near=board.rules.near_ahead)
    return [row.booking_id for row in changed]


def _fill(row: Place, board: Board, person: Person) -> None:
    queue = board.queue
    row.entry_id, row.queue_id, row.day = person.id, queue.id, queue.day
    row.department_name, row.doctor_name, row.room = queue.department, queue.doctor, queue.room
    row.ticket, row.state, row.station = person.ticket, person.state, person.station
    row.present, row.late, row.missed = person.present_at is not None, person.was_late, person.missed
    row.pass_reason = person.pass_reason if person.state is EntryState.PASSED else ""
    row.ahead = person.ahead
    row.wait_low = person.wait.low if person.wait else None
    row.wait_high = person.wait.high if person.wait else None
    row.serving = "、".join(one.ticket for one in board.active)[:60]
    row.paused = (queue.pause_reason or "暂停叫号") if queue.state is QueueState.PAUSED else ""
    row.sensitive = queue.sensitive
    row.read_at = clock.now()


def _tell_place(unit: Unit, row: Place, *, near: int) -> None:
    if row.state != EntryState.WAITING:
        return
    messages.tell(unit, row, "queue.placed", about=messages.order_fact(row))
    if row.present and row.ahead is not None and row.ahead <= near:
        messages.tell(unit, row, "queue.near", about=row.entry_id)


@handles(EntryCalled, runs_in=RunsIn.REGION)
def on_called(event: EntryCalled, unit: Unit) -> None:
    """Into which room."""
    _tell(unit, event.booking_id, "queue.called", event.call_id, {"room": event.room, "ticket": event.ticket})


@handles(CallUnanswered, runs_in=RunsIn.REGION)
def on_unanswered(event: CallUnanswered, unit: Unit) -> None:
    """He was called and has not come in (JA-QUEUE-04)."""
    _tell(unit, event.booking_id, "queue.unanswered", event.call_id, {"room": event.room, "ticket": event.ticket})


@handles(EntryPassed, runs_in=RunsIn.REGION)
def on_passed(event: EntryPassed, unit: Unit) -> None:
    """He was passed over, and what he can do now (JA-QUEUE-05, JA-APPT-16)."""
    why = "叫号后未应答" if event.reason == "missed" else "已过就诊时段仍未签到"
    _tell(unit, event.booking_id, "queue.passed", event.pass_id, {"ticket": event.ticket, "reason": why})


@handles(VisitFinished, runs_in=RunsIn.REGION)
def on_finished(event: VisitFinished, unit: Unit) -> None:
    """The visit is over; the booking is fulfilled."""
    if booking_steps.advance(unit, event.booking_id, Input.VISIT_ENDED) is None:
        unit.audit("waiting.finished", target=f"booking:{event.booking_id}", outcome="no_booking")


def _tell(unit: Unit, booking_id: UUID, template: str, about: UUID, facts: dict[str, str]) -> None:
    place = Place.objects.filter(booking_id=booking_id).first()
    if place is None and bookings.owners_of([booking_id]):
        raise Temporary("the place is not projected yet", retry_after=OVERTAKEN_SECONDS)
    if place is None:
        unit.audit("waiting.told", target=f"booking:{booking_id}", outcome="no_booking")
        return
    messages.tell(unit, place, template, about=about, more=facts)

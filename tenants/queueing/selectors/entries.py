"""Single queues, people in them and calls, inside a hospital's scope."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from tenants.queueing.models import IN_LINE, Call, CallKind, Entry, Queue
from tenants.queueing.selectors.views import CallView, Person, QueueView, person_view, queue_view


def queue(queue_id: UUID) -> QueueView | None:
    """One queue. One query."""
    row = Queue.objects.filter(id=queue_id).first()
    return queue_view(row) if row else None


def ended_of(queue_id: UUID) -> list[Person]:
    """Those of a queue who are done or left. One query."""
    return [person_view(row) for row in Entry.objects.filter(queue_id=queue_id).exclude(state__in=IN_LINE)]


def entry(entry_id: UUID) -> Person | None:
    """One person by the entry, without a place in line. One query."""
    row = Entry.objects.filter(id=entry_id).first()
    return person_view(row) if row else None


def entry_of_booking(booking_id: UUID) -> Person | None:
    """One person by his booking, without a place in line. One query."""
    row = Entry.objects.filter(booking_id=booking_id).first()
    return person_view(row) if row else None


def booked_into_queues(booking_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these bookings that have an entry. One query."""
    rows = Entry.objects.filter(booking_id__in=list(booking_ids)).values_list("booking_id", flat=True)
    return {booking_id for booking_id in rows if booking_id is not None}


def calls_of_queue(queue_id: UUID, limit: int = 12) -> list[CallView]:
    """The latest calls of a queue, newest first. One query."""
    rows = Call.objects.filter(queue_id=queue_id).select_related("entry").order_by("-at", "-id")[:limit]
    return [
        CallView(
            ticket=row.entry.ticket,
            kind=CallKind(row.kind),
            station=row.station,
            called_by=row.called_by,
            at=row.at,
            unanswered_at=row.unanswered_at,
            answered_at=row.answered_at,
        )
        for row in rows
    ]

"""Handing entries over, in order; each call outside of any transaction, its answer stored in one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from hub import clock
from hub.outbox.events import Delivery, Permanent, Temporary
from hub.recovery import cleanups
from hub.recovery.cleanups import Doomed
from hub.recovery.keeping import SPENT
from hub.retention.services import before
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.foundation import keeping, line, outside
from regional_services.foundation.events import EntryRejected
from regional_services.foundation.models import Entry, EntryState
from regional_services.foundation.outside import Answer, Unanswered

BATCH = 50
BEGIN_ANEW = 30  # attempts of one delivery, before the relay would give it up
_ROOM = timedelta(seconds=2 * outside.PATIENCE)  # one more batch must fit before the lease ends


def hand_over(delivery: Delivery) -> None:
    """Send what waits until nothing does, or the lease is near its end; then the next delivery goes on.

    An outage of days ends in no dead letter: what waits is no fault of ours and nobody can do anything about it here.
    """
    line.note_try()
    try:
        while clock.now() + _ROOM < delivery.deadline:
            if not _send_some() and line.rest(delivery):
                return
    except Unanswered as problem:
        if delivery.attempt < BEGIN_ANEW:
            raise Temporary(f"the data foundation gave no definite answer: {problem}") from problem
    line.go_on(delivery)


def _send_some() -> bool:
    """Hand the next batch over; False where nothing waits. Unanswered."""
    if not outside.is_configured():
        return False
    with region(read_only=True):
        waiting = Entry.objects.filter(state=EntryState.WAITING).order_by("id")
        bodies = list(waiting.values_list("body", flat=True)[:BATCH])
    if not bodies:
        return False
    answers = outside.send(bodies)
    store(answers)
    if len(answers) < len(bodies):
        raise Unanswered(f"no word about {len(bodies) - len(answers)} of {len(bodies)} events")
    return True


def store(answers: Mapping[str, Answer]) -> None:
    """Keep what was said; each rejected entry becomes a delivery of its own."""
    with work(REGION, actor=line.SENDER) as unit:
        accepted = [name for name, answer in answers.items() if answer.is_accepted]
        rejected = {UUID(name): answer.reason for name, answer in answers.items() if not answer.is_accepted}
        Entry.objects.filter(event_id__in=accepted).update(state=EntryState.ACCEPTED, reason="", answered_at=unit.now)
        for event_id, reason in rejected.items():
            Entry.objects.filter(event_id=event_id).update(
                state=EntryState.REJECTED, reason=reason, answered_at=unit.now
            )
            unit.publish(EntryRejected(event_id=event_id))
        unit.audit(
            "foundation.handed_over",
            target="foundation",
            detail={"accepted": len(accepted), "rejected": [str(event_id) for event_id in rejected]},
        )


def hand_over_rejected(event_id: UUID, delivery: Delivery) -> None:
    """Offer a rejected entry once more: it is a dead letter after that, and an operator's replay comes here again."""
    with region(read_only=True):
        row = Entry.objects.filter(event_id=event_id, state=EntryState.REJECTED).first()
    if row is None:
        return
    try:
        answer = outside.send([row.body])[str(event_id)]
    except Unanswered as problem:
        raise Temporary(f"the data foundation gave no definite answer: {problem}") from problem
    if not answer.is_accepted:
        raise Permanent(f"the data foundation rejects {row.kind} of {row.subject}: {answer.reason}")
    with work(REGION, actor=line.SENDER) as unit:
        Entry.objects.filter(event_id=event_id).update(state=EntryState.ACCEPTED, reason="", answered_at=unit.now)
        unit.audit("foundation.handed_over", target="foundation", detail={"accepted": [str(event_id)]})
        delivery.end_in(unit)


def tidy() -> int:
    """Put aside and remove what the foundation has had for long; how many. What waits or was rejected stays."""
    doomed = Doomed(
        name="foundation",
        table="foundation_entry",
        condition="stored_at < {before} AND state = 'accepted'",
        before=before(keeping.ENTRIES),
        kept=SPENT,
    )
    return sum(cleanups.clean_out(REGION, [doomed], actor=line.SENDER))

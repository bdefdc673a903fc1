"""What managers do: take in hand, reply, close. Each is one unit of work under the item's row lock."""

from __future__ import annotations

from uuid import UUID, uuid5

from hub.actor import Actor
from hub.security.permissions import require
from hub.tenancy.scope import REGION
from hub.work import Unit, work
from regional_services.feedback import access
from regional_services.feedback.errors import FeedbackClosed
from regional_services.feedback.events import FeedbackMoved
from regional_services.feedback.models import Entry, Feedback, Kind, Side, State
from regional_services.feedback.permissions import CLOSE, HANDLE
from regional_services.feedback.services import text_of

CONCLUDED = "您的反馈已办结，感谢您的意见。"


def take(*, actor: Actor, feedback_id: UUID) -> None:
    """Begin work on an item that was submitted or added to; again changes nothing. FeedbackClosed after its end."""
    require(actor, HANDLE)
    with work(REGION, actor=actor) as unit:
        row = _open_row(actor, feedback_id)
        unit.audit("feedback.taken", target=f"feedback:{row.pk}")
        if row.state not in (State.SUBMITTED, State.FOLLOW_UP):
            return
        _say(row, unit, Kind.TAKEN, "", uuid5(row.pk, f"taken:{unit.now.isoformat()}"))
        row.state = State.IN_HAND
        _touch(row, unit)


def reply(*, actor: Actor, feedback_id: UUID, text: str, key: str) -> None:
    """Answer; the resident reads it at once and gets a message. A form sent twice answers once."""
    require(actor, HANDLE)
    said = text_of(text)
    with work(REGION, actor=actor) as unit:
        row = _open_row(actor, feedback_id)
        unit.audit("feedback.replied", target=f"feedback:{row.pk}")
        entry_id = uuid5(row.pk, f"reply:{key}")
        if Entry.objects.filter(pk=entry_id).exists():
            return
        _say(row, unit, Kind.REPLY, said, entry_id)
        row.state, row.due_at = State.ANSWERED, None
        _touch(row, unit)
        unit.publish(FeedbackMoved(feedback_id=row.pk, entry_id=entry_id, institution_code=row.institution_code))


def close(*, actor: Actor, feedback_id: UUID, text: str = "") -> None:
    """Conclude an item: it takes no more additions and may be rated once. FeedbackClosed when it is closed already."""
    require(actor, CLOSE)
    with work(REGION, actor=actor) as unit:
        row = _open_row(actor, feedback_id)
        entry_id = uuid5(row.pk, "closed")
        _say(row, unit, Kind.CLOSED, text_of(text or CONCLUDED), entry_id)
        row.state, row.due_at, row.closed_at = State.CLOSED, None, unit.now
        _touch(row, unit)
        unit.audit("feedback.closed", target=f"feedback:{row.pk}")
        unit.publish(FeedbackMoved(feedback_id=row.pk, entry_id=entry_id, institution_code=row.institution_code))


def _open_row(actor: Actor, feedback_id: UUID) -> Feedback:
    row = access.one(actor, feedback_id, lock=True)
    if row.state == State.CLOSED:
        raise FeedbackClosed("这条反馈已经关闭。")
    return row


def _touch(row: Feedback, unit: Unit) -> None:
    row.handler_name, row.updated_at = unit.actor.name[:60], unit.now
    row.save(update_fields=["state", "due_at", "closed_at", "handler_name", "updated_at"])


def _say(row: Feedback, unit: Unit, kind: Kind, text: str, entry_id: UUID) -> None:
    Entry.objects.create(
        id=entry_id,
        institution_code=row.institution_code,
        feedback=row,
        kind=kind,
        side=Side.STAFF,
        author_name=unit.actor.name[:60],
        text=text,
        created_at=unit.now,
    )

"""What residents do: write, add, rate. Each is one unit of work; a form sent twice is done once.

An item's and an entry's id are derived from the form's key, so that the second sending finds what the first made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid5

from hub.actor import Actor
from hub.errors import InvalidInput
from hub.ids import domain_number
from hub.storage.objects import StoredObject
from hub.tenancy.scope import REGION, region
from hub.work import Unit, work
from regional_services.booking import access as bookings
from regional_services.feedback import access, deadlines, photos
from regional_services.feedback.errors import AlreadyRated, FeedbackClosed, NotConcluded, TooMuchFeedback
from regional_services.feedback.models import Category, Entry, Feedback, Kind, Side, State
from regional_services.feedback.photos import Upload
from tenants.registry import selectors as registry

LONGEST_TEXT = 1000
A_DAY = 20
RESIDENT = "居民"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a resident sends; `booking_id` names one of his own bookings, whose hospital it is then about."""

    text: str
    category: str = Category.ADVICE
    institution_code: str = ""
    booking_id: UUID | None = None
    photos: Sequence[Upload] = ()


def submit(*, actor: Actor, wish: Wish, key: str) -> UUID:
    """Store the feedback and its photographs; its id. InvalidInput, PhotoRefused or TooMuchFeedback otherwise."""
    account_id = access.account(actor)
    feedback_id = uuid5(account_id, f"feedback:{key}")
    institution = _checked(actor, wish)
    clean = photos.redraw(wish.photos)
    with region(read_only=True):
        if Feedback.objects.filter(pk=feedback_id).exists():
            return feedback_id
    stored = photos.store(clean)
    with work(REGION, actor=actor) as unit:
        if _too_many(account_id, unit):
            raise TooMuchFeedback(retry_after=3600)
        row = Feedback(
            id=feedback_id,
            number=domain_number("F", feedback_id),
            institution_code=institution,
            account_id=account_id,
            booking_id=wish.booking_id,
            category=wish.category,
            state=State.SUBMITTED,
            created_at=unit.now,
            updated_at=unit.now,
            due_at=deadlines.due(wish.category, unit.now),
        )
        made = Feedback.objects.bulk_create([row], ignore_conflicts=True)
        if not Entry.objects.filter(feedback_id=feedback_id).exists():
            _say(made[0], unit, Kind.SUBMISSION, text_of(wish.text), uuid5(feedback_id, "submission"), stored)
        unit.audit("feedback.submitted", target=f"feedback:{feedback_id}", detail={"photos": len(stored)})
    return feedback_id


def _checked(actor: Actor, wish: Wish) -> str:
    """The institution it is about; InvalidInput names what is wrong."""
    problems = {}
    if not wish.text.strip() or len(wish.text.strip()) > LONGEST_TEXT:
        problems["text"] = f"请写下您的意见，不超过 {LONGEST_TEXT} 字。"
    if wish.category not in Category.values:
        problems["category"] = "请选择类别。"
    if wish.institution_code and wish.institution_code not in {row.code for row in registry.institutions()}:
        problems["institution"] = "没有这家医院。"
    if problems:
        raise InvalidInput(fields=problems)
    if wish.booking_id is None:
        return wish.institution_code
    with region(read_only=True):
        return str(bookings.own_booking(actor, wish.booking_id).institution_code)


def _too_many(account_id: UUID, unit: Unit) -> bool:
    since = unit.now - timedelta(days=1)
    return Feedback.objects.filter(account_id=account_id, created_at__gt=since).count() >= A_DAY


def text_of(text: str) -> str:
    """What somebody wrote, trimmed; InvalidInput for nothing or too much."""
    clean = text.strip()
    if not clean or len(clean) > LONGEST_TEXT:
        raise InvalidInput(fields={"text": f"请写内容，不超过 {LONGEST_TEXT} 字。"})
    return clean


def add(*, actor: Actor, feedback_id: UUID, text: str, key: str, uploads: Sequence[Upload] = ()) -> None:
    """Add to one's own item; an answered one goes back to work. FeedbackClosed after its end."""
    access.account(actor)
    said = text_of(text)
    entry_id = uuid5(feedback_id, f"addition:{key}")
    with region(read_only=True):
        row = access.one(actor, feedback_id)
        if Entry.objects.filter(pk=entry_id).exists():
            return
    if row.state == State.CLOSED:
        raise FeedbackClosed
    stored = photos.store(photos.redraw(uploads))
    with work(REGION, actor=actor) as unit:
        row = access.one(actor, feedback_id, lock=True)
        if row.state == State.CLOSED:
            raise FeedbackClosed
        unit.audit("feedback.added", target=f"feedback:{row.pk}", detail={"photos": len(stored)})
        if Entry.objects.filter(pk=entry_id).exists():
            return
        _say(row, unit, Kind.ADDITION, said, entry_id, stored)
        if row.state == State.ANSWERED:
            row.state, row.escalated_at = State.FOLLOW_UP, None
            row.due_at = deadlines.due(row.category, unit.now)
        row.updated_at = unit.now
        row.save(update_fields=["state", "due_at", "escalated_at", "updated_at"])


def rate(*, actor: Actor, feedback_id: UUID, stars: str, text: str = "") -> None:
    """Rate how one's own item was handled, 1 to 5, once, after its end; NotConcluded or AlreadyRated otherwise."""
    access.account(actor)
    if stars not in {"1", "2", "3", "4", "5"} or len(text) > LONGEST_TEXT:
        raise InvalidInput(fields={"rating": "请选择一到五星。"})
    with work(REGION, actor=actor) as unit:
        row = access.one(actor, feedback_id, lock=True)
        if row.state != State.CLOSED:
            raise NotConcluded
        if row.rating is not None:
            raise AlreadyRated
        row.rating, row.rating_text, row.rated_at = int(stars), text.strip(), unit.now
        row.save(update_fields=["rating", "rating_text", "rated_at"])
        unit.audit("feedback.rated", target=f"feedback:{row.pk}", detail={"rating": row.rating})


def _say(row: Feedback, unit: Unit, kind: Kind, text: str, entry_id: UUID, stored: Sequence[StoredObject]) -> None:
    entry = Entry.objects.create(
        id=entry_id,
        institution_code=row.institution_code,
        feedback=row,
        kind=kind,
        side=Side.RESIDENT,
        author_name=RESIDENT,
        text=text,
        created_at=unit.now,
    )
    photos.keep(entry, stored)


def open_photo(*, actor: Actor, photo_id: UUID) -> bytes:
    """A photograph's bytes; every look of staff is audited. FeedbackNotFound for strangers."""
    with work(REGION, actor=actor) as unit:
        row = access.photo(actor, photo_id)
        if actor.id != row.entry.feedback.account_id:
            unit.audit(
                "feedback.photo_opened", target=f"feedback:{row.entry.feedback_id}", detail={"photo": str(row.pk)}
            )
    return photos.read(row)

"""Reads of feedback: values only, each with its number of queries. They open their own scope."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Avg, Count, Prefetch, Q, QuerySet
from django.db.models.functions import TruncDate

from hub import clock
from hub.actor import Actor
from hub.ids import domain_number, uuid7
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.feedback import access
from regional_services.feedback.errors import FeedbackNotFound
from regional_services.feedback.models import AWAITED, Category, Entry, Feedback, Kind, Photo, Side, State
from regional_services.feedback.permissions import EXPORT

EXCERPT = 40
EXPORTED = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One thing said or done."""

    id: UUID
    kind: Kind
    side: Side
    author_name: str
    text: str
    created_at: datetime
    photo_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackView:
    """An item; `entries` is the whole thread, oldest first, or the submission alone in lists."""

    id: UUID
    number: str
    institution_code: str
    booking_id: UUID | None
    category: Category
    state: State
    handler_name: str
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None
    escalated_at: datetime | None
    rating: int | None
    rating_text: str
    entries: tuple[EntryView, ...]

    @property
    def excerpt(self) -> str:
        """The beginning of what was submitted."""
        text = self.entries[0].text if self.entries else ""
        return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"

    @property
    def is_closed(self) -> bool:
        """Whether nothing more can be said."""
        return self.state is State.CLOSED

    @property
    def may_be_rated(self) -> bool:
        """Whether the resident may say how it went."""
        return self.is_closed and self.rating is None

    @property
    def overdue(self) -> bool:
        """Whether it waits longer than agreed."""
        return self.due_at is not None and self.due_at < clock.now()


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What a list is narrowed to; empty parts narrow nothing. `state` is a state, `open` or `overdue`."""

    state: str = ""
    category: str = ""
    institution: str | None = None
    number: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts of a selection; `average` is of the ratings given, 1 to 5."""

    total: int = 0
    unconcluded: int = 0
    overdue: int = 0
    closed: int = 0
    rated: int = 0
    average: float | None = None
    by_state: list[tuple[State, int]] = field(default_factory=list)
    by_category: list[tuple[Category, int]] = field(default_factory=list)
    by_day: list[tuple[date, int]] = field(default_factory=list)


def own_list(actor: Actor, *, after: int = 0, limit: int = 20) -> list[FeedbackView]:
    """The resident's own items, newest first, one more than `limit` telling that there is another page. Two queries."""
    with region(read_only=True):
        rows = _with_submission(access.own(actor)).order_by("-created_at", "-id")
        return [_view(row) for row in rows[after : after + limit + 1]]


def listed(actor: Actor, wanted: Criteria, *, after: int = 0, limit: int = 50) -> tuple[int, list[FeedbackView]]:
    """How many there are, and a page of them: those past their time first, then newest. Three queries."""
    with region(read_only=True):
        found = _narrowed(access.of_staff(actor), wanted)
        rows = _with_submission(found).order_by("-created_at", "-id")
        return found.count(), [_view(row) for row in rows[after : after + limit]]


def exported(actor: Actor, wanted: Criteria) -> tuple[str, list[FeedbackView]]:
    """The items of a list as they leave the house, and the number the audit knows the export by. Three queries."""
    require(actor, EXPORT)
    number = domain_number("E", uuid7())
    with work(REGION, actor=actor) as unit:
        found = _with_submission(_narrowed(access.of_staff(actor), wanted)).order_by("-created_at", "-id")
        rows = [_view(row) for row in found[:EXPORTED]]
        unit.audit(
            "feedback.exported",
            target=f"export:{number}",
            detail={"rows": len(rows), "state": wanted.state, "institution": wanted.institution or ""},
        )
    return number, rows


def overdue_count(actor: Actor) -> int:
    """How many items wait longer than agreed, of those this member of staff answers for. One query."""
    with region(read_only=True):
        return access.of_staff(actor).filter(_overdue()).count()


def one(actor: Actor, feedback_id: UUID) -> FeedbackView:
    """An item with its thread; a look of staff is audited. FeedbackNotFound for strangers."""
    with work(REGION, actor=actor) as unit:
        row = access.one(actor, feedback_id)
        if row.account_id != actor.id:
            unit.audit("feedback.opened", target=f"feedback:{row.pk}")
        thread = Entry.objects.filter(feedback=row).order_by("created_at", "id")
        return _view(row, list(thread.prefetch_related(_PHOTOS)))


def of_entry(actor: Actor, entry_id: UUID) -> UUID:
    """The resident's own item an entry belongs to. One query; FeedbackNotFound for strangers."""
    with region(read_only=True):
        found = access.own(actor).filter(entries__pk=entry_id).values_list("pk", flat=True).first()
    if found is None:
        raise FeedbackNotFound
    return UUID(str(found))


def figures(actor: Actor, wanted: Criteria, *, days: int = 14) -> Figures:
    """What a manager counts. Four queries."""
    with region(read_only=True):
        found = _narrowed(access.of_staff(actor), wanted)
        counted = found.aggregate(
            total=Count("id"),
            unconcluded=Count("id", filter=~Q(state=State.CLOSED)),
            overdue=Count("id", filter=_overdue()),
            closed=Count("id", filter=Q(state=State.CLOSED)),
            rated=Count("rating"),
            average=Avg("rating"),
        )
        states = dict(found.values_list("state").annotate(count=Count("id")))
        categories = dict(found.values_list("category").annotate(count=Count("id")))
        first = clock.today() - timedelta(days=days - 1)
        daily = dict(
            found.filter(created_at__gte=clock.at(first, time.min))
            .values_list(TruncDate("created_at", tzinfo=clock.ZONE))
            .annotate(count=Count("id"))
        )
    return Figures(
        **counted,
        by_state=[(state, states.get(state, 0)) for state in State],
        by_category=[(category, categories.get(category, 0)) for category in Category],
        by_day=[(day, daily.get(day, 0)) for day in (first + timedelta(days=offset) for offset in range(days))],
    )


_PHOTOS = Prefetch("photos", queryset=Photo.objects.only("id", "entry_id").order_by("position"))


def _with_submission(rows: QuerySet[Feedback]) -> QuerySet[Feedback]:
    first = Entry.objects.filter(kind=Kind.SUBMISSION)
    return rows.prefetch_related(Prefetch("entries", queryset=first, to_attr="submission"))


def _narrowed(rows: QuerySet[Feedback], wanted: Criteria) -> QuerySet[Feedback]:
    if wanted.state == "open":
        rows = rows.exclude(state=State.CLOSED)
    elif wanted.state == "overdue":
        rows = rows.filter(_overdue())
    elif wanted.state in State.values:
        rows = rows.filter(state=wanted.state)
    if wanted.category in Category.values:
        rows = rows.filter(category=wanted.category)
    if wanted.institution is not None:
        rows = rows.filter(institution_code=wanted.institution)
    if wanted.number:
        rows = rows.filter(number=wanted.number.strip().upper())
    if wanted.first is not None:
        rows = rows.filter(created_at__gte=clock.at(wanted.first, time.min))
    if wanted.last is not None:
        rows = rows.filter(created_at__lt=clock.at(wanted.last + timedelta(days=1), time.min))
    return rows


def _overdue() -> Q:
    return Q(state__in=AWAITED, due_at__lt=clock.now())


def _view(row: Feedback, thread: list[Entry] | None = None) -> FeedbackView:
    entries: list[Entry] = getattr(row, "submission", []) if thread is None else thread
    return FeedbackView(
        id=row.id,
        number=row.number,
        institution_code=row.institution_code,
        booking_id=row.booking_id,
        category=Category(row.category),
        state=State(row.state),
        handler_name=row.handler_name,
        created_at=row.created_at,
        updated_at=row.updated_at,
        due_at=row.due_at,
        escalated_at=row.escalated_at,
        rating=row.rating,
        rating_text=row.rating_text or "",
        entries=tuple(_entry(entry, with_photos=thread is not None) for entry in entries),
    )


def _entry(row: Entry, *, with_photos: bool) -> EntryView:
    return EntryView(
        id=row.id,
        kind=Kind(row.kind),
        side=Side(row.side),
        author_name=row.author_name,
        text=row.text,
        created_at=row.created_at,
        photo_ids=tuple(photo.id for photo in row.photos.all()) if with_photos else (),
    )

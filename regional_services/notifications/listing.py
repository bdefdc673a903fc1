"""What staff see of messages: lists, one with its history, and its words by a deliberate, audited act."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from hub import clock
from hub.accounts import phones
from hub.accounts import steps as accounts
from hub.accounts.models import HandleKind
from hub.actor import Actor
from hub.errors import InvalidInput
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.work import work
from regional_services.notifications import resending, selectors, wordings
from regional_services.notifications.access import message_for
from regional_services.notifications.catalogue import KINDS, Audience, Channel, Language, kind_of
from regional_services.notifications.models import FAILED, Delivery, DeliveryState, Message
from regional_services.notifications.permissions import RESEND, VIEW

ALL_FAILED = "failed"
"""The state of a search for everything that reached nobody on a channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What is looked for; empty parts ask for nothing. Days are those of the message, both included."""

    first: date
    last: date
    kind: str = ""
    channel: str = ""
    state: str = ""
    institution: str | None = None
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A message on one channel."""

    id: UUID
    channel: Channel
    state: DeliveryState
    reason: str
    tries: int
    wording: int
    language: Language
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message of a list."""

    id: UUID
    kind: str
    title: str
    institution_code: str
    discreet: bool
    shown: bool
    created_at: datetime
    read_at: datetime | None
    ways: list[Way]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One message with its history (at, channel, state, reason, by); `text` is what a locked screen may show."""

    line: Line
    text: str
    history: list[tuple[datetime, Channel, DeliveryState, str, str]]
    choices: list[Channel]


def listed(actor: Actor, criteria: Criteria, *, after: int = 0, limit: int = 50) -> list[Line]:
    """The newest first, from place `after` on. Two queries, one more where a phone is asked for."""
    require(actor, VIEW)
    with region(read_only=True):
        rows = list(_found(actor, criteria).order_by("-created_at", "-pk")[after : after + limit])
        return _lines(rows)


def one(actor: Actor, message_id: UUID) -> Opened:
    """A message without its words about the visit. Eight queries."""
    with region(read_only=True):
        row = message_for(actor, message_id)
        deliveries = list(Delivery.objects.filter(message=row).order_by("created_at").prefetch_related("steps"))
        history = [
            (step.at, Channel(delivery.channel), DeliveryState(step.state), step.reason, step.by_name)
            for delivery in deliveries
            for step in delivery.steps.all()
        ]
        return Opened(
            line=_line(row, [_way(delivery) for delivery in deliveries]),
            text=_text(row, discreet=True),
            history=sorted(history, key=lambda step: step[0]),
            choices=resending.choices(row) if actor.may(RESEND) else [],
        )


def open_words(*, actor: Actor, message_id: UUID) -> str:
    """What the resident read, in full; the look is audited (practice 7)."""
    with work(REGION, actor=actor) as unit:
        row = message_for(actor, message_id)
        unit.audit("message.opened", target=f"message:{row.pk}", detail={"kind": row.kind})
        return _text(row, discreet=row.discreet)


def failed_of(actor: Actor, criteria: Criteria, *, limit: int = 200) -> list[UUID]:
    """The deliveries of a search that may be sent again. Two queries."""
    lines = listed(actor, criteria, limit=limit)
    ways = (way for line in lines for way in line.ways if criteria.channel in ("", way.channel))
    return [way.id for way in ways if way.state in resending.AGAIN]


def _found(actor: Actor, criteria: Criteria) -> QuerySet[Message]:
    begin, end = span(criteria.first, criteria.last)
    staff = [kind.name for kind in KINDS.values() if kind.audience is Audience.STAFF]
    rows = Message.objects.filter(created_at__gte=begin, created_at__lt=end).exclude(kind__in=staff)
    institution = actor.institution or criteria.institution
    if institution is not None:
        rows = rows.filter(institution_code=institution)
    if criteria.kind:
        rows = rows.filter(kind=criteria.kind)
    if criteria.phone and actor.institution is None:  # residents' handles are the district's alone
        holder = _holder(criteria.phone)
        rows = rows.filter(account_id=holder) if holder else rows.none()
    if criteria.channel or criteria.state:
        wanted = Delivery.objects.filter(message=OuterRef("pk"))
        if criteria.channel:
            wanted = wanted.filter(channel=criteria.channel)
        if criteria.state:
            states = FAILED if criteria.state == ALL_FAILED else {criteria.state}
            wanted = wanted.filter(state__in=states)
        rows = rows.filter(Exists(wanted))
    return rows


def span(first: date, last: date) -> tuple[datetime, datetime]:
    """The instants of days, the last one included."""
    return clock.at(first, time.min), clock.at(last + timedelta(days=1), time.min)


def _holder(phone: str) -> UUID | None:
    try:
        user = accounts.account_of_handle(HandleKind.PHONE, phones.e164(phone))
    except InvalidInput:
        return None
    return UUID(str(user.pk)) if user else None


def _lines(rows: list[Message]) -> list[Line]:
    ways: dict[UUID, list[Way]] = {}
    for delivery in Delivery.objects.filter(message__in=rows).order_by("created_at"):
        ways.setdefault(delivery.message_id, []).append(_way(delivery))
    return [_line(row, ways.get(row.pk, [])) for row in rows]


def _line(row: Message, ways: Iterable[Way]) -> Line:
    return Line(
        id=row.id,
        kind=row.kind,
        title=kind_of(row.kind).heading,
        institution_code=row.institution_code,
        discreet=row.discreet,
        shown=row.shown,
        created_at=row.created_at,
        read_at=row.read_at,
        ways=list(ways),
    )


def _way(delivery: Delivery) -> Way:
    return Way(
        id=delivery.id,
        channel=Channel(delivery.channel),
        state=DeliveryState(delivery.state),
        reason=delivery.reason,
        tries=delivery.tries,
        wording=delivery.wording,
        language=Language(delivery.language),
        updated_at=delivery.updated_at,
    )


def _text(row: Message, *, discreet: bool) -> str:
    return selectors.text_of(row, wordings.of_messages([row.kind]), discreet=discreet)

"""Reads of messages; one statement each. Callers hold an open region scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from hub.errors import NotFound
from regional_services.notifications import templates
from regional_services.notifications.models import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """A message as its reader sees it."""

    id: UUID
    template: str
    title: str
    text: str
    institution_code: str
    person_id: UUID | None
    about: UUID
    sms: str
    created_at: datetime
    read_at: datetime | None


def messages(
    account_id: UUID, *, after: tuple[str, ...] | None = None, limit: int = 20, unread: bool = False
) -> list[MessageView]:
    """The account's messages, newest first, beyond the key `after` (creation time and id)."""
    rows = Message.objects.filter(account_id=account_id)
    if unread:
        rows = rows.filter(read_at=None)
    if after is not None:
        created_at, message_id = datetime.fromisoformat(after[0]), UUID(after[1])
        rows = rows.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=message_id))
    return [message_view(row) for row in rows.order_by("-created_at", "-pk")[:limit]]


def message(account_id: UUID, message_id: UUID) -> MessageView:
    """One of the account's own messages; NotFound for anybody else's. One query."""
    row = Message.objects.filter(pk=message_id, account_id=account_id).first()
    if row is None:
        raise NotFound
    return message_view(row)


def unread_count(account_id: UUID) -> int:
    """How many wait to be read; served by its own small index."""
    return Message.objects.filter(account_id=account_id, read_at=None).count()


def message_view(row: Message) -> MessageView:
    """The view of a row, in the wording it was sent with."""
    wording = templates.as_sent(row.template, row.version)
    return MessageView(
        id=row.id,
        template=row.template,
        title=wording.title,
        text=wording.render(row.facts, discreet=row.discreet),
        institution_code=row.institution_code,
        person_id=row.person_id,
        about=row.about,
        sms=row.sms,
        created_at=row.created_at,
        read_at=row.read_at,
    )

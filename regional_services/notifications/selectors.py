"""Reads of messages by whom they are for. Callers hold an open region scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from hub.errors import NotFound
from regional_services.notifications import links, wordings
from regional_services.notifications.catalogue import Language, kind_of
from regional_services.notifications.models import Message
from regional_services.notifications.wording import Said


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """A message as its reader sees it; `page` is where it leads."""

    id: UUID
    kind: str
    title: str
    text: str
    institution_code: str
    person_id: UUID | None
    about: UUID
    subject: UUID
    page: str
    created_at: datetime
    read_at: datetime | None


def messages(
    account_id: UUID, *, after: tuple[str, ...] | None = None, limit: int = 20, unread: bool = False
) -> list[MessageView]:
    """The account's messages, newest first, beyond the key `after` (creation time and id). Three queries."""
    rows = _own(account_id)
    if unread:
        rows = rows.filter(read_at=None)
    if after is not None:
        created_at, message_id = datetime.fromisoformat(after[0]), UUID(after[1])
        rows = rows.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=message_id))
    return message_views(list(rows.order_by("-created_at", "-pk")[:limit]))


def message(account_id: UUID, message_id: UUID) -> MessageView:
    """One of the account's own messages; NotFound for anybody else's. Three queries."""
    row = _own(account_id).filter(pk=message_id).first()
    if row is None:
        raise NotFound
    return message_views([row])[0]


def unread_count(account_id: UUID) -> int:
    """How many wait to be read; served by its own small index."""
    return _own(account_id).filter(read_at=None).count()


def message_views(rows: Sequence[Message]) -> list[MessageView]:
    """The views of rows, in the wording of their time and the language of the reader. Two queries."""
    if not rows:
        return []
    known = wordings.of_messages(row.kind for row in rows)
    language = Language.EN if get_language() == "en" else Language.ZH
    return [_view(row, known, language) for row in rows]


def _own(account_id: UUID) -> QuerySet[Message]:
    return Message.objects.filter(account_id=account_id, shown=True)


def text_of(row: Message, known: wordings.Wordings, *, discreet: bool) -> str:
    """What a message says in the app, in Chinese: what its reader read, or the discreet form of it."""
    return _said(row, known, Language.ZH, discreet=discreet).text


def _said(row: Message, known: wordings.Wordings, language: Language, *, discreet: bool) -> Said:
    return wordings.say(
        known,
        kind_of(row.kind),
        row.facts,
        institution=row.institution_code,
        language=language,
        discreet=discreet,
        at=row.created_at,
    )


def _view(row: Message, known: wordings.Wordings, language: Language) -> MessageView:
    said = _said(row, known, language, discreet=row.discreet)
    return MessageView(
        id=row.id,
        kind=row.kind,
        title=said.title,
        text=said.text,
        institution_code=row.institution_code,
        person_id=row.person_id,
        about=row.about,
        subject=row.subject,
        page=links.page_of(kind_of(row.kind), row.subject),
        created_at=row.created_at,
        read_at=row.read_at,
    )

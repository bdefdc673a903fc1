"""Keeping bytes as they crossed the wire, encrypted, in the open unit of work."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from hub.tenancy.statements import Insert, Write
from institution_connectors import charsets
from institution_connectors.contracts import Wire
from institution_connectors.exchange.models import Message

_TYPE_LIMIT = 100
_KEEP = Insert(Message)


def keeping(wires: Sequence[Wire], *, exchange_id: UUID, attempt: int) -> list[Write]:
    """What stores the messages of an attempt, in order."""
    rows = [_message(wire, exchange_id=exchange_id, attempt=attempt) for wire in wires]
    return [_KEEP.write_all(rows)] if rows else []


def keep_inbound(wire: Wire, inbound_id: UUID) -> None:
    """A message of the hospital."""
    _KEEP(_message(wire, inbound_id=inbound_id))


def as_text(body: bytes) -> tuple[str, bool]:
    """Bytes as storable text, and whether they had to be written in Base64."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True
    return text, False


def readable(message: Message) -> str:
    """A stored body as text, in the character set it was labelled with; what can't be read is told by its size."""
    if not message.base64:
        return message.body or ""
    _, _, charset = message.content_type.partition("charset=")
    try:
        return charsets.decode(base64.b64decode(message.body or ""), transport=charset).text
    except charsets.CharsetError:
        return f"（无法识别的 {message.size} 字节）"


def _message(wire: Wire, **of: Any) -> Message:
    text, encoded = as_text(wire.body)
    return Message(
        **of,
        direction=wire.direction,
        at=wire.at,
        content_type=wire.content_type[:_TYPE_LIMIT],
        head=dict(wire.head),
        size=len(wire.body),
        base64=encoded,
        body=text,
    )

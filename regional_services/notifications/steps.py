"""Telling somebody something, inside the unit of work of whoever has something to tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from hub.ids import uuid7
from hub.synthetic import is_synthetic
from hub.tenancy.statements import Insert
from hub.work import Unit
from regional_services.notifications.catalogue import FactValue, is_sensitive, kind_of
from regional_services.notifications.events import MessageStored
from regional_services.notifications.models import Message

_STORE = Insert(
    Message,
    computed={
        "shown": "NOT EXISTS (SELECT 1 FROM notifications_declined d WHERE d.account_id = %(account_id)s"
        " AND d.kind = %(kind)s::varchar AND d.channel = 'in_site')"
    },
    unless_exists=True,
)


def send(
    unit: Unit,
    *,
    kind: str,
    account_id: UUID,
    person_id: UUID | None,
    institution_code: str,
    about: UUID,
    facts: Mapping[str, FactValue],
    subject: UUID | None = None,
    sensitive: bool | None = None,
) -> bool:
    """Tell one account, in the app and through one of its channels; whether it was new: no fact is told twice.

    `about` is the id of the fact (a booking's end, a refund, a call), `subject` that of the thing the message leads to
    where it is another. Whether it is sensitive follows from the place and department unless the caller knows better.
    """
    if is_synthetic(account_id):
        return False  # nobody reads them, and they would grow by a hospital's worth every ten minutes
    wanted, message_id = kind_of(kind), uuid7()
    is_new = _STORE(
        Message(
            id=message_id,
            institution_code=institution_code,
            account_id=account_id,
            person_id=person_id,
            about=about,
            subject=subject or about,
            kind=wanted.name,
            facts={name: _plain(value) for name, value in facts.items() if value not in (None, "")},
            discreet=is_sensitive(facts) if sensitive is None else sensitive,
            created_at=unit.now,
        )
    )
    target = f"message:{message_id}" if is_new else f"account:{account_id}"
    unit.audit("message.sent" if is_new else "message.known", target=target, detail={"kind": kind, "about": str(about)})
    if is_new and wanted.channels:
        unit.publish(MessageStored(message_id=message_id))
    return is_new


def _plain(value: FactValue) -> str | int | None:
    return value.isoformat() if isinstance(value, datetime) else value

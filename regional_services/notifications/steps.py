"""Telling somebody something, inside the unit of work of whoever has something to tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from hub.ids import uuid7
from hub.outbox import onward
from hub.synthetic import is_synthetic
from hub.tenancy.statements import Insert
from hub.work import Unit
from regional_services.notifications import planning
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
    phone_handle: UUID | None = None,
) -> bool:
    """Tell one account, in the app and through one of its channels; whether it was new: no fact is told twice.

    `about` is the id of the fact (a booking's end, a refund, a call), `subject` that of the thing the message leads to
    where it is another. Whether it is sensitive follows from the place and department unless the caller knows better.
    `phone_handle`: whose number a text message goes to, if not the account's own.
    """
    if is_synthetic(account_id):
        return False  # nobody reads them, and they would grow by a hospital's worth every ten minutes
    wanted = kind_of(kind)
    message = Message(
        id=uuid7(),
        institution_code=institution_code,
        account_id=account_id,
        person_id=person_id,
        about=about,
        subject=subject or about,
        kind=wanted.name,
        facts={name: _plain(value) for name, value in facts.items() if value not in (None, "")},
        discreet=is_sensitive(facts) if sensitive is None else sensitive,
        phone_handle=phone_handle,
        created_at=unit.now,
    )
    detail: dict[str, object] = {"kind": kind, "about": str(about)}
    if not _STORE(message):
        unit.audit("message.known", target=f"account:{account_id}", detail=detail)
        return False
    if wanted.channels and onward.line() is not None:
        # The relay tells it: nobody waits for this unit, and a delivery of its own would cost twice as much.
        detail["channels"] = [channel.value for channel in planning.begin(unit, message)]
    elif wanted.channels:
        unit.publish(MessageStored(message_id=message.pk))
    unit.audit("message.sent", target=f"message:{message.pk}", detail=detail)
    return True


def forget(account_id: UUID) -> int:
    """Empty what an account that is closed was told: the rows and their deliveries stay, what they said goes."""
    return Message.objects.filter(account_id=account_id).update(facts={})


def _plain(value: FactValue) -> str | int | None:
    return value.isoformat() if isinstance(value, datetime) else value

"""Writes of a message's reader."""

from __future__ import annotations

from uuid import UUID

from hub.actor import Actor
from hub.errors import NotFound
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.notifications import access
from regional_services.notifications.models import Message


def read_message(message_id: UUID, *, actor: Actor) -> None:
    """Mark one of the actor's own messages as read; again changes nothing."""
    account_id = access.account(actor)
    with work(REGION, actor=actor) as unit:
        mine = Message.objects.filter(pk=message_id, account_id=account_id)
        if mine.filter(read_at=None).update(read_at=unit.now):
            unit.audit("message.read", target=f"message:{message_id}")
        elif not mine.exists():
            raise NotFound
        else:
            unit.audit("message.read_again", target=f"message:{message_id}")


def read_all(*, actor: Actor) -> int:
    """Mark all of the actor's messages as read; how many were not yet."""
    account_id = access.account(actor)
    with work(REGION, actor=actor) as unit:
        count = Message.objects.filter(account_id=account_id, read_at=None).update(read_at=unit.now)
        unit.audit("message.read_all", target=f"account:{account_id}", detail={"count": count})
    return count

"""The ways to messages: one's own by the account they were sent to, those of others as staff of their hospital."""

from __future__ import annotations

from uuid import UUID

from hub.actor import Actor, ActorKind
from hub.errors import Forbidden, NotFound
from hub.security.permissions import require
from regional_services.notifications.models import Message
from regional_services.notifications.permissions import VIEW

_READERS = frozenset({ActorKind.RESIDENT, ActorKind.STAFF})


def account(actor: Actor) -> UUID:
    """The account that acts, a resident's or a member of staff's; anybody else has no messages here."""
    if actor.kind not in _READERS or actor.id is None:
        raise NotFound
    return actor.id


def resident(actor: Actor) -> UUID:
    """The resident's account that acts; staff prefer nothing."""
    if actor.kind is not ActorKind.RESIDENT or actor.id is None:
        raise NotFound
    return actor.id


def message_for(actor: Actor, message_id: UUID, *, permission: str = VIEW) -> Message:
    """A message as staff see it: of the own hospital, or any for the district. One query, inside an open scope."""
    require(actor, permission)
    rows = Message.objects.filter(pk=message_id)
    row = (rows.filter(institution_code=actor.institution) if actor.institution else rows).first()
    if row is None:
        raise NotFound
    return row


def own_hospital(actor: Actor, permission: str) -> str:
    """The hospital whose words the actor may write; Forbidden for the district's staff."""
    require(actor, permission)
    if actor.institution is None:
        raise Forbidden
    return actor.institution

"""The only way to somebody's messages: by the account they were sent to."""

from __future__ import annotations

from uuid import UUID

from hub.actor import Actor, ActorKind
from hub.errors import NotFound


def account(actor: Actor) -> UUID:
    """The resident account that acts; anybody else has no messages here."""
    if actor.kind is not ActorKind.RESIDENT or actor.id is None:
        raise NotFound
    return actor.id

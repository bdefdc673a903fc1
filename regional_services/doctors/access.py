"""Whose follows: those of the resident account that acts."""

from __future__ import annotations

from uuid import UUID

from hub.actor import Actor, ActorKind
from hub.errors import NotFound


def account(actor: Actor) -> UUID:
    """The resident account that acts; nobody else follows."""
    if actor.kind is not ActorKind.RESIDENT or actor.id is None:
        raise NotFound
    return actor.id

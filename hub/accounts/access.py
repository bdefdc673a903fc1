"""Whose account an act concerns."""

from __future__ import annotations

from uuid import UUID

from hub.actor import Actor
from hub.errors import NotSignedIn


def own_account(actor: Actor) -> UUID:
    """The actor's own account id; NotSignedIn when there is none."""
    if actor.id is None:
        raise NotSignedIn
    return actor.id

"""The only way an order or attempt reaches a view: by the account that placed it; a stranger finds nothing."""

from __future__ import annotations

from uuid import UUID

from hub.actor import Actor, ActorKind
from hub.errors import NotFound
from regional_services.payments.models import Attempt, Order


def order_for(actor: Actor, order_id: UUID) -> Order:
    """The actor's own order."""
    row = Order.objects.filter(pk=order_id, payer_account_id=account(actor)).first()
    if row is None:
        raise NotFound
    return row


def attempt_for(actor: Actor, attempt_id: UUID) -> Attempt:
    """An attempt at the actor's own order, with its merchant."""
    row = (
        Attempt.objects.select_related("merchant").filter(pk=attempt_id, order__payer_account_id=account(actor)).first()
    )
    if row is None:
        raise NotFound
    return row


def account(actor: Actor) -> UUID:
    """The resident account that acts; anybody else finds nothing."""
    if actor.kind is not ActorKind.RESIDENT or actor.id is None:
        raise NotFound
    return actor.id

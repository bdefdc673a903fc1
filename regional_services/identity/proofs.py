"""Proving on a new device that one is the person of the account: name and document, compared here (practice 1)."""

from __future__ import annotations

from uuid import UUID

from hub import clock
from hub.accounts.services import prove_identity
from hub.actor import Actor
from hub.api import throttling
from hub.tenancy.scope import region
from regional_services.identity import documents
from regional_services.identity.access import account
from regional_services.identity.errors import NotProven
from regional_services.identity.models import Relation, RelationKind, RelationState


def prove_self(*, actor: Actor, sign_in_id: UUID, name: str, document_type: str, document_number: str) -> None:
    """Let this device open records, or NotProven. An account without a person of its own has nothing to open."""
    throttling.take("auth.token", f"account:{account(actor)}")
    given = documents.read(document_type, document_number, today=clock.today())
    with region(read_only=True):
        own = (
            Relation.objects.filter(account_id=account(actor), kind=RelationKind.SELF, state=RelationState.ACTIVE)
            .select_related("person")
            .first()
        )
        shown = own.person.identifiers.filter(is_primary=True, retired_at__isnull=True).first() if own else None
    if own is None or shown is None or not documents.same_name(own.person.name, name):
        raise NotProven
    if (shown.kind, shown.number) != (given.kind.value, given.number):
        raise NotProven
    prove_identity(actor=actor, sign_in_id=sign_in_id)

"""A place of work that ends: its staff go, and what they did stays theirs in the audit."""

from __future__ import annotations

from uuid import UUID

from hub.accounts import selectors, steps
from hub.accounts.locks import lock_account
from hub.accounts.models import AccountState, StaffMembership
from hub.accounts.services.sign_ins import end_all_sign_ins
from hub.actor import Actor, ActorKind
from hub.errors import Forbidden, NotFound
from hub.tenancy.scope import REGION, region
from hub.work import work


def close_place(*, actor: Actor, institution_code: str) -> int:
    """End every role at an institution that leaves, and disable who holds none elsewhere; how many were disabled.

    One unit of work for each person, so that a crash between two loses nothing: who has no role left is not looked at
    again. Rows stay, so that the audit's names keep their meaning.
    """
    if actor.kind is not ActorKind.SYSTEM:
        raise Forbidden
    with region(read_only=True):
        held = StaffMembership.objects.filter(institution_code=institution_code, ended_at__isnull=True)
        people = list(held.order_by("user_id").distinct("user_id").values_list("user_id", flat=True))
    return sum(_close_one(actor, user_id, institution_code) for user_id in people)


def _close_one(actor: Actor, user_id: UUID, institution_code: str) -> bool:
    # Sign-ins end first: dying after that leaves the roles, and the next turn comes back to this person.
    end_all_sign_ins(actor=actor, user_id=user_id, reason="institution_left")
    with work(REGION, actor=actor) as unit:
        user = lock_account(user_id)
        if user is None:
            raise NotFound
        held = StaffMembership.objects.filter(user=user, ended_at__isnull=True)
        for here in held.filter(institution_code=institution_code):
            steps.end_membership(unit, here)
        closed = not held.exists()
        if closed:
            user.state = AccountState.DISABLED
            user.save(update_fields=["state"])
        unit.audit(
            "accounts.disabled" if closed else "accounts.role_ended",
            target=f"account:{user.id}",
            reason="institution_left",
            detail={"institution": institution_code},
        )
    selectors.forget(user_id)
    return closed

"""Whether an account follows the official account: asked of WeChat outside of any request, believed for a while."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from hub import clock
from hub.actor import Actor
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.entries.events import FollowAsked
from regional_services.entries.models import Follow, FollowState

BELIEVED = {
    FollowState.YES: timedelta(hours=24),
    FollowState.NO: timedelta(seconds=10),
    FollowState.UNKNOWN: timedelta(seconds=5),
    FollowState.ASKED: timedelta(seconds=30),
}


def follow_of(account_id: UUID) -> FollowState | None:
    """What is believed now; None when it is to be asked (again). One query."""
    row = Follow.objects.filter(pk=account_id).first()
    if row is None:
        return None
    state = FollowState(row.state)
    return state if clock.now() - (row.answered_at or row.asked_at) < BELIEVED[state] else None


def ask(*, actor: Actor, account_id: UUID) -> None:
    """Have WeChat asked, unless a question is under way."""
    with work(REGION, actor=actor) as unit:
        row = Follow.objects.select_for_update().filter(pk=account_id).first()
        if row is not None and row.state == FollowState.ASKED and unit.now - row.asked_at < BELIEVED[FollowState.ASKED]:
            return
        Follow.objects.update_or_create(
            account_id=account_id,
            defaults={"state": FollowState.ASKED, "asked_at": unit.now, "answered_at": None},
        )
        unit.publish(FollowAsked(account_id=account_id))
        unit.audit("entries.follow_asked", target=f"account:{account_id}")


def store(account_id: UUID, state: FollowState, *, actor: Actor) -> None:
    """Keep what WeChat said."""
    with work(REGION, actor=actor) as unit:
        Follow.objects.filter(pk=account_id).update(state=state, answered_at=unit.now)
        unit.audit("entries.follow_answered", target=f"account:{account_id}", detail={"state": state})

"""What a hospital's own people may do about its dead letters: see them, and let one be tried again with a reason."""

from __future__ import annotations

from hub.actor import Actor
from hub.errors import InvalidInput
from hub.journal.region.permissions import REPLAY, VIEW_DEAD_LETTERS
from hub.outbox import services
from hub.outbox.selectors import ALL_DEAD, DeadLetter, DeadSearch, dead_letters
from hub.security.permissions import require


def waiting(
    *, actor: Actor, scope: str, wanted: DeadSearch = ALL_DEAD, after: int = 0, limit: int = 100
) -> list[DeadLetter]:
    """The dead letters of a schema that agree with `wanted`, oldest first."""
    require(actor, VIEW_DEAD_LETTERS)
    return dead_letters(scope, wanted=wanted, after=after, limit=limit)


def replay(*, actor: Actor, scope: str, outbox_id: int, reason: str) -> None:
    """Try a dead letter again; NotDead when somebody was faster."""
    require(actor, REPLAY)
    if not reason.strip():
        raise InvalidInput("请填写重新投递的原因。", fields={"reason": "请填写重新投递的原因。"})
    services.replay(scope, outbox_id, actor=actor, reason=reason.strip()[:200])

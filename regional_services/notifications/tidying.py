"""Deliveries past their time are put aside and removed, their history first; what still is on its way stays."""

from __future__ import annotations

from hub.actor import system_actor
from hub.recovery import cleanups
from hub.recovery.cleanups import Doomed
from hub.recovery.keeping import SPENT
from hub.retention.services import before
from hub.tenancy.scope import REGION
from regional_services.notifications import keeping

ACTOR = system_actor("消息")
_ENDED = "created_at < {before} AND state NOT IN ('queued', 'held', 'sending')"
_OF_ENDED = (
    "delivery_id IN (SELECT id FROM notifications_delivery"
    " WHERE created_at < {before} AND state NOT IN ('queued', 'held', 'sending'))"
)


def tidy() -> int:
    """How many deliveries went; none in peak hours. CleanupRefused when what was put aside does not read back."""
    over = before(keeping.DELIVERIES)
    steps = Doomed(
        name="message",
        table="notifications_delivery_step",
        condition=_OF_ENDED,
        before=over,
        kept=SPENT,
    )
    deliveries = Doomed(name="message", table="notifications_delivery", condition=_ENDED, before=over, kept=SPENT)
    _, gone = cleanups.clean_out(REGION, [steps, deliveries], actor=ACTOR)
    return gone

"""The lists of referrals as they leave the house."""

from __future__ import annotations

from hub.actor import Actor
from hub.ids import domain_number, uuid7
from hub.security.permissions import require
from hub.tenancy.scope import REGION
from hub.work import work
from regional_services.referrals import selectors
from regional_services.referrals.permissions import EXPORT
from regional_services.referrals.selectors import ReceivedView, ReferralView, Wanted

MOST_ROWS = 20_000


def export_sent(*, actor: Actor, hospital: str, wanted: Wanted) -> tuple[str, list[ReferralView]]:
    """Whom this hospital referred, and the number the audit knows the export by."""
    require(actor, EXPORT)
    rows = selectors.sent(actor, hospital, wanted, limit=MOST_ROWS)
    return _noted(actor, "sent", len(rows)), rows


def export_received(*, actor: Actor, hospital: str, wanted: Wanted) -> tuple[str, list[ReceivedView]]:
    """Who was referred here, likewise."""
    require(actor, EXPORT)
    rows = selectors.received(actor, hospital, wanted, limit=MOST_ROWS)
    return _noted(actor, "received", len(rows)), rows


def _noted(actor: Actor, which: str, count: int) -> str:
    number = domain_number("E", uuid7())
    with work(REGION, actor=actor) as unit:
        unit.audit("referrals.exported", target=f"export:{number}", detail={"list": which, "rows": count})
    return number

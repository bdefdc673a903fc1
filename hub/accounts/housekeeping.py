"""What accounts forget and whom they put to rest: run once a night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models.functions import Coalesce

from hub import clock
from hub.accounts import keeping, selectors
from hub.accounts.models import AccountKind, AccountState, User
from hub.accounts.services.sign_ins import end_all_sign_ins
from hub.actor import Actor
from hub.recovery import cleanups
from hub.recovery.cleanups import Doomed
from hub.recovery.keeping import SPENT
from hub.retention.services import before
from hub.tenancy.scope import REGION
from hub.work import work

INACTIVE_AFTER = timedelta(days=90)
NAME = "accounts"


@dataclass(frozen=True, slots=True)
class Tidied:
    """How much was done."""

    codes: int
    asks: int
    tokens: int
    disabled: int


def tidy(*, actor: Actor) -> Tidied:
    """Remove spent codes, asks and tokens, outside peak hours; disable staff unused for 90 days (MLPS CES1-07)."""
    codes, asks, tokens = cleanups.clean_out(REGION, _spent(), actor=actor)
    with work(REGION, actor=actor) as unit:
        idle = _idle_staff(clock.now() - INACTIVE_AFTER)
        for user in idle:
            user.state = AccountState.DISABLED
            user.save(update_fields=["state"])
            unit.audit("accounts.disabled", target=f"account:{user.id}", reason="inactive")
        unit.audit("accounts.tidied", target="accounts", detail={"codes": codes, "asks": asks, "tokens": tokens})
    for user in idle:
        selectors.forget(user.id)
        end_all_sign_ins(actor=actor, user_id=user.id, reason="inactive")
    return Tidied(codes, asks, tokens, len(idle))


def _spent() -> list[Doomed]:
    made = "created_at < {before}"
    return [
        Doomed(name=NAME, table="accounts_phone_code", condition=made, before=before(keeping.CODES), kept=SPENT),
        Doomed(name=NAME, table="accounts_handle_ask", condition=made, before=before(keeping.ASKS), kept=SPENT),
        Doomed(
            name=NAME,
            table="accounts_refresh_token",
            condition="expires_at < {before}",
            before=before(keeping.TOKENS),
            kept=SPENT,
        ),
    ]


def _idle_staff(before: datetime) -> list[User]:
    staff = User.objects.select_for_update().filter(kind=AccountKind.STAFF, state=AccountState.ACTIVE)
    seen = Coalesce("last_seen_at", "created_at")
    return list(staff.alias(seen=seen).filter(seen__lt=before).order_by("id"))

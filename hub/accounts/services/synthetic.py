"""The synthetic resident signs in: not by a phone code, which nobody could read, but as a part of the house."""

from __future__ import annotations

from uuid import UUID

from hub import clock
from hub.accounts import digests, tokens
from hub.accounts.models import AccountKind, SignIn, SignInMethod, User
from hub.accounts.sessions import RESIDENT_ABSOLUTE
from hub.actor import system_actor
from hub.synthetic import ACCOUNT, NAME
from hub.tenancy.scope import REGION, region
from hub.work import work

ACTOR = system_actor(NAME)


def access_token() -> str:
    """A token good for `tokens.ACCESS_LIFETIME`; the account and its sign-in are made where they are missing."""
    sign_in_id = _living_sign_in() or _sign_in()
    token, _until = tokens.issue_access(tokens.AccessClaims(ACCOUNT, sign_in_id, "", False))
    return token


def _living_sign_in() -> UUID | None:
    with region(read_only=True):
        rows = SignIn.objects.filter(
            user_id=ACCOUNT, ended_at__isnull=True, expires_at__gt=clock.now() + tokens.ACCESS_LIFETIME
        )
        return rows.values_list("id", flat=True).first()


def _sign_in() -> UUID:
    with work(REGION, actor=ACTOR) as unit:
        account = User(id=ACCOUNT, kind=AccountKind.RESIDENT, display_name=NAME, created_at=unit.now)
        account.set_unusable_password()
        User.objects.bulk_create([account], ignore_conflicts=True)
        made = SignIn.objects.create(
            user_id=ACCOUNT,
            method=SignInMethod.SYNTHETIC,
            device_digest=digests.of(NAME),
            agent=NAME,
            started_at=unit.now,
            expires_at=unit.now + RESIDENT_ABSOLUTE,
        )
        unit.audit("accounts.signed_in", target=f"account:{ACCOUNT}", detail={"sign_in": str(made.id)})
    return made.id

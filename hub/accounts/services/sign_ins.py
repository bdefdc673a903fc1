"""Tokens and sign-ins: issue, rotate, end."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from hub.accounts import digests, revocation, steps, tokens
from hub.accounts.access import own_account
from hub.accounts.errors import TokenExpired, TokenInvalid, TokenReused
from hub.accounts.models import RefreshToken, SignIn, SignInMethod
from hub.accounts.results import SignedIn, TokenPair
from hub.actor import Actor
from hub.errors import NotFound
from hub.tenancy.scope import REGION, region
from hub.work import Unit, work


def tokens_of(signed_in: SignedIn) -> TokenPair:
    """The first tokens of a sign-in that asked for them."""
    if signed_in.refresh_token is None:
        raise TokenInvalid
    return _pair(
        tokens.AccessClaims(
            signed_in.user_id, signed_in.sign_in_id, signed_in.hospital, signed_in.identity_due, signed_in.device
        ),
        signed_in.refresh_token,
        signed_in.expires_at,
    )


def refresh_tokens(*, actor: Actor, refresh_token: str) -> TokenPair:
    """Trade a refresh token for new tokens. A token that was traded before ends the whole sign-in."""
    reused: SignIn | None = None
    pair: TokenPair | None = None
    with work(REGION, actor=actor) as unit:
        row = _locked(refresh_token)
        sign_in = row.sign_in
        if sign_in.ended_at is not None or not sign_in.user.is_active:
            raise TokenInvalid
        if row.used_at is not None:
            _end(unit, sign_in, "refresh_token_reused")
            reused = sign_in
        elif min(row.expires_at, sign_in.expires_at) <= unit.now:
            raise TokenExpired
        else:
            row.used_at = unit.now
            row.save(update_fields=["used_at"])
            claims = tokens.AccessClaims(
                sign_in.user_id,
                sign_in.id,
                sign_in.hospital,
                sign_in.identity_due,
                digests.device_name(sign_in.device_digest),
            )
            pair = _pair(claims, steps.add_refresh_token(unit, sign_in), sign_in.expires_at)
            unit.audit(
                "accounts.token_refreshed", target=f"account:{sign_in.user_id}", detail={"sign_in": str(sign_in.id)}
            )
    if reused is not None:
        revocation.announce(reused.id, reused.expires_at)
        raise TokenReused
    if pair is None:
        raise TokenInvalid
    return pair


def revoke_refresh_token(*, actor: Actor, refresh_token: str) -> None:
    """Sign out an API client by its refresh token; an unknown token is no error (RFC 7009)."""
    with region(read_only=True):
        row = RefreshToken.objects.filter(token_digest=digests.of(refresh_token)).select_related("sign_in").first()
    if row is not None:
        _announce_and_end(actor, [(row.sign_in_id, row.sign_in.expires_at)], "signed_out")


def end_sign_in(*, actor: Actor, sign_in_id: UUID, reason: str = "signed_out") -> None:
    """End one of the actor's own sign-ins."""
    with region(read_only=True):
        found = SignIn.objects.filter(id=sign_in_id, user_id=own_account(actor)).values_list("id", "expires_at").first()
    if found is None:
        raise NotFound
    _announce_and_end(actor, [found], reason)


def end_all_sign_ins(*, actor: Actor, user_id: UUID, reason: str) -> int:
    """End every living sign-in of an account (disabled, password changed, stolen device); how many there were."""
    with region(read_only=True):
        living = list(SignIn.objects.filter(user_id=user_id, ended_at__isnull=True).values_list("id", "expires_at"))
    if living:
        _announce_and_end(actor, living, reason)
    return len(living)


def end_sign_ins_by(*, actor: Actor, user_id: UUID, method: SignInMethod, but: UUID | None) -> None:
    """End every living sign-in of an account that came by one way, except one."""
    with region(read_only=True):
        rows = SignIn.objects.filter(user_id=user_id, method=method, ended_at__isnull=True)
        living = [(row.id, row.expires_at) for row in rows if row.id != but]
    if living:
        _announce_and_end(actor, living, "way_unbound")


def _announce_and_end(actor: Actor, sign_ins: list[tuple[UUID, datetime]], reason: str) -> None:
    # Announced first: if we die in between, a sign-in ends that the table still shows alive. That is the safe side.
    for sign_in_id, until in sign_ins:
        revocation.announce(sign_in_id, until)
    with work(REGION, actor=actor) as unit:
        for row in SignIn.objects.select_for_update().filter(id__in=[s for s, _ in sign_ins]).order_by("id"):
            if row.ended_at is None:
                _end(unit, row, reason)


def _end(unit: Unit, sign_in: SignIn, reason: str) -> None:
    sign_in.ended_at, sign_in.end_reason = unit.now, reason
    sign_in.save(update_fields=["ended_at", "end_reason"])
    unit.audit(
        "accounts.sign_in_ended",
        target=f"account:{sign_in.user_id}",
        reason=reason,
        detail={"sign_in": str(sign_in.id)},
    )


def _locked(refresh_token: str) -> RefreshToken:
    row = (
        RefreshToken.objects.select_for_update(of=("self", "sign_in"))
        .select_related("sign_in__user")
        .filter(token_digest=digests.of(refresh_token))
        .first()
    )
    if row is None:
        raise TokenInvalid
    return row


def _pair(claims: tokens.AccessClaims, refresh_token: str, refresh_until: datetime) -> TokenPair:
    access, until = tokens.issue_access(claims)
    return TokenPair(
        access_token=access,
        access_expires_at=until,
        refresh_token=refresh_token,
        refresh_expires_at=refresh_until,
        identity_due=claims.identity_due,
    )

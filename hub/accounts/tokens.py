"""Access tokens of the API: short-lived JWTs (HS256 by a key of the ring, its id in `kid`), revocable by sign-in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import jwt
from django.conf import settings

from hub import clock
from hub.accounts import revocation, selectors
from hub.accounts.errors import TokenExpired, TokenInvalid
from hub.actor import Actor
from hub.ids import uuid7
from hub.security.keyring import REGION_OWNER, TOKEN, KeyMissing, ring

ACCESS_LIFETIME = timedelta(minutes=10)
_PURPOSE = "access"
_AUDIENCE = "hub-api"


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What an access token says."""

    user_id: UUID
    sign_in_id: UUID
    hospital: str
    identity_due: bool
    device: str = ""


def issue_access(claims: AccessClaims) -> tuple[str, datetime]:
    """A signed token and when it runs out."""
    now = clock.now()
    until = now + ACCESS_LIFETIME
    key = ring().active(REGION_OWNER, TOKEN)
    body = {
        "iss": settings.PUBLIC_ORIGIN,
        "aud": _AUDIENCE,
        "sub": str(claims.user_id),
        "sid": str(claims.sign_in_id),
        "hos": claims.hospital,
        "due": claims.identity_due,
        "dev": claims.device,
        "jti": uuid7().hex,
        "iat": int(now.timestamp()),
        "exp": int(until.timestamp()),
    }
    return jwt.encode(body, key.derived(_PURPOSE), algorithm="HS256", headers={"kid": key.id.hex()}), until


def read_access(token: str) -> AccessClaims:
    """The claims of a valid, unexpired, unrevoked token; TokenInvalid or TokenExpired."""
    try:
        signed = _signed(token, settings.PUBLIC_ORIGIN)
        ring().by_id(signed.key_id)  # a key destroyed since then opens nothing
    except (jwt.PyJWTError, KeyMissing, ValueError, KeyError, TypeError) as problem:
        raise TokenInvalid from problem
    if signed.expires <= clock.now():
        raise TokenExpired
    if revocation.is_ended(signed.claims.sign_in_id):
        raise TokenInvalid
    return signed.claims


@dataclass(frozen=True, slots=True)
class _Signed:
    """What the signature of a token vouches for, whatever became of it since."""

    claims: AccessClaims
    expires: datetime
    key_id: bytes


@lru_cache(maxsize=4096)
def _signed(token: str, issuer: str) -> _Signed:
    """Read a token whose signature is ours: an app shows the same one for minutes. Raises what PyJWT raises."""
    key = ring().by_id(bytes.fromhex(jwt.get_unverified_header(token).get("kid", "")))
    if key.use != TOKEN:
        raise KeyMissing("a key for something else")
    body = jwt.decode(
        token,
        key.derived(_PURPOSE),
        algorithms=["HS256"],
        audience=_AUDIENCE,
        issuer=issuer,
        options={"require": ["sub", "sid", "exp", "iat"], "verify_exp": False, "verify_iat": False},
    )
    return _Signed(
        claims=AccessClaims(
            UUID(body["sub"]), UUID(body["sid"]), str(body["hos"]), bool(body["due"]), str(body.get("dev", ""))
        ),
        expires=datetime.fromtimestamp(int(body["exp"]), UTC),
        key_id=key.id,
    )


def actor_of(claims: AccessClaims, *, hospital: str | None, ip: str, request_id: str) -> Actor:
    """The actor of a token on this host; a token of one side is nothing on another."""
    if claims.hospital != (hospital or ""):
        raise TokenInvalid
    view = selectors.account(claims.user_id, hospital=hospital)
    if view is None:
        raise TokenInvalid
    due = claims.identity_due and selectors.identity_due(claims.sign_in_id)
    actor = selectors.acting(
        view, hospital=hospital, ip=ip, request_id=request_id, identity_due=due, device=claims.device
    )
    if actor is None:
        raise TokenInvalid
    return actor

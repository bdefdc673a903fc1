"""What is asked of the platform; called by the relay and by tasks only."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import httpx
from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hub import clock
from hub.outbox.events import Temporary
from hub.outgoing import http as outgoing
from hub.security.keyring import ring

CLIENT_SECRET = "staff_platform.client"  # noqa: S105 - a reference, not a secret
SCOPE = "openid profile"
_TIMEOUT = httpx.Timeout(10, connect=3)
_LEEWAY = 60
_BAD_REQUEST = 400


class SignInRefused(Exception):
    """The platform does not confirm who signs in; the text is a short reason."""


@dataclass(frozen=True, slots=True)
class PlatformAccount:
    """A user as the platform lists him."""

    subject: str
    login_name: str
    name: str
    enabled: bool


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    return outgoing.client(timeout=_TIMEOUT)


def issuer() -> str:
    """The platform's OpenID issuer."""
    return str(settings.HUB_OUTSIDE["support_platform"])


def discovery() -> dict[str, Any]:
    """Its discovery document; Temporary where it can't be had, or names another issuer."""
    document = _json("GET", f"{issuer()}/.well-known/openid-configuration")
    if document.get("issuer") != issuer():
        raise Temporary("the platform's discovery names another issuer")
    return document


def subject_of_code(*, code: str, verifier: str, nonce: str, redirect_uri: str) -> str:
    """Trade a code; the subject of an identity token that is the platform's, for us, fresh and for this sign-in."""
    found = discovery()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "code_verifier": verifier,
        "redirect_uri": redirect_uri,
    }
    try:
        traded = _http().post(found["token_endpoint"], data=form, auth=_credentials())
    except httpx.HTTPError as problem:
        raise Temporary(f"{type(problem).__name__} from the support platform") from problem
    if traded.status_code == _BAD_REQUEST:  # RFC 6749 5.2: a definite no; everything else may be asked again
        raise SignInRefused("code_refused")
    token = _document(traded)
    subject = _verified(str(token.get("id_token", "")), found, nonce)
    told = _json("GET", found["userinfo_endpoint"], headers={"Authorization": f"Bearer {token['access_token']}"})
    if told.get("sub") != subject:
        raise SignInRefused("userinfo_of_another")
    return subject


def _verified(id_token: str, found: dict[str, Any], nonce: str) -> str:
    keys = KeySet.import_key_set(_json("GET", found["jwks_uri"]))  # type: ignore[arg-type]
    registry = jwt.JWTClaimsRegistry(
        now=int(clock.now().timestamp()),
        leeway=_LEEWAY,
        iss={"essential": True, "value": issuer()},
        aud={"essential": True, "value": settings.HUB_STAFF_PLATFORM_CLIENT},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        claims = jwt.decode(id_token, keys, algorithms=["RS256", "ES256"]).claims
        registry.validate(claims)
    except (JoseError, ValueError) as problem:
        raise SignInRefused("id_token_invalid") from problem
    if not hmac.compare_digest(str(claims.get("nonce", "")), nonce):
        raise SignInRefused("nonce_wrong")
    return str(claims["sub"])


def users() -> list[PlatformAccount]:
    """Everybody the platform knows."""
    answer = _json(
        "GET",
        f"{issuer()}/users",
        auth=_credentials(),
    )
    return [
        PlatformAccount(str(row["sub"]), str(row["login_name"]), str(row["name"]), bool(row["enabled"]))
        for row in answer["users"]
    ]


def _json(method: str, url: str, **options: Any) -> dict[str, Any]:
    try:
        return _document(_http().request(method, url, **options))
    except httpx.HTTPError as problem:
        raise Temporary(f"{type(problem).__name__} from the support platform") from problem


def _credentials() -> tuple[str, str]:
    return settings.HUB_STAFF_PLATFORM_CLIENT, ring().secret_text(CLIENT_SECRET)


def _document(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = response.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as problem:
        raise Temporary(f"{type(problem).__name__} from the support platform") from problem
    if not isinstance(answer, dict):
        raise Temporary("no JSON object from the support platform")
    return answer

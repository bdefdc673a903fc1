"""Who may ask: a bearer agreed on beforehand, or SMART backend services with a signed assertion."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import Any

import jwt
from aiohttp import web

from sandbox.his.hospital import Hospital

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = 300
_ALGORITHMS = ["ES384", "RS384"]


class Guard:
    """One hospital's door: it knows the hub's token, or its public key and the tokens it gave out."""

    def __init__(self, hospital: Hospital) -> None:
        options = hospital.options
        self.smart = options.get("auth", "bearer") == "smart"
        self._bearer = hmac.new(hospital.secret, f"fhir_bearer:{hospital.code}".encode(), hashlib.sha256).hexdigest()
        self._client, self._key = str(options.get("client_id", "")), str(options.get("public_key", ""))
        self._lifetime = int(options.get("token_seconds", LIFETIME))
        self._tokens: dict[str, float] = {}
        self._seen: dict[str, float] = {}

    def admits(self, request: web.Request) -> bool:
        """Whether the request shows a token that is good now."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return False
        if self.smart:
            return self._tokens.get(token, 0.0) > time.monotonic()
        return hmac.compare_digest(token.encode(), self._bearer.encode())

    async def token(self, request: web.Request) -> web.Response:
        """The token endpoint: `client_credentials` with a signed assertion, used once."""
        form = await request.post()
        problem = self._refused(form, str(request.url))
        if problem:
            return web.json_response({"error": "invalid_client", "error_description": problem}, status=400)
        token = secrets.token_urlsafe(32)
        self._tokens = {known: until for known, until in self._tokens.items() if until > time.monotonic()}
        self._tokens[token] = time.monotonic() + self._lifetime
        granted = {"access_token": token, "token_type": "bearer", "expires_in": self._lifetime, "scope": form["scope"]}
        return web.json_response(granted)

    def forget(self) -> None:
        """All tokens given out are worth nothing any more, as after a restart."""
        self._tokens.clear()

    def _refused(self, form: Any, address: str) -> str:
        if form.get("grant_type") != "client_credentials" or form.get("client_assertion_type") != ASSERTION:
            return "grant_type or client_assertion_type is wrong"
        try:
            claims = jwt.decode(
                str(form.get("client_assertion", "")), self._key, algorithms=_ALGORITHMS, audience=address,
                options={"require": ["exp", "iss", "sub", "aud", "jti"]},
            )  # fmt: skip
        except jwt.PyJWTError as problem:
            return f"client_assertion: {problem}"
        if claims["iss"] != self._client or claims["sub"] != self._client:
            return "client_assertion: unknown client"
        if claims["exp"] - time.time() > 300:
            return "client_assertion: exp lies more than five minutes ahead"
        self._seen = {known: until for known, until in self._seen.items() if until > time.time()}
        if claims["jti"] in self._seen:
            return "client_assertion: jti was used before"
        self._seen[claims["jti"]] = claims["exp"]
        return ""

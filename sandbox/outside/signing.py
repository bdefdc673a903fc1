"""How the city's gateways sign: HMAC-SHA256 of the body, in hex, under a shared secret."""

from __future__ import annotations

import hashlib
import hmac

from aiohttp import web

HEADER = "X-Signature"


def sign(secret: str, body: bytes) -> str:
    """The signature of a body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


async def signed_body(request: web.Request, secret: str) -> bytes:
    """The body of a request whose signature is right; 401 otherwise."""
    body = await request.read()
    if not hmac.compare_digest(request.headers.get(HEADER, ""), sign(secret, body)):
        raise web.HTTPUnauthorized(text='{"error":"BAD_SIGNATURE"}', content_type="application/json")
    return body

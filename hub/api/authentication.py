"""Bearer tokens: the only way into the API."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from hub.accounts import tokens
from hub.actor import Actor
from hub.errors import NotSignedIn
from hub.security.client import client_ip


class TokenAuthentication(BaseAuthentication):
    """Turns `Authorization: Bearer <access token>` into the request's Actor."""

    def authenticate(self, request: Request) -> tuple[Actor, tokens.AccessClaims] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2:
            raise NotSignedIn("登录凭证格式不正确，请重新登录。")
        claims = tokens.read_access(parts[1].decode("latin-1"))
        actor = tokens.actor_of(
            claims,
            hospital=getattr(request, "hospital", None),
            ip=client_ip(request),
            request_id=getattr(request, "request_id", ""),
        )
        return actor, claims

    def authenticate_header(self, _request: Request) -> str:
        return "Bearer"

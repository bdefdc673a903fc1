"""Where a request comes from."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_ip(request: HttpRequest) -> str:
    """The caller's address: the peer, or the entry our own proxies appended (`HUB_TRUSTED_PROXIES` of them)."""
    peer: str = request.META.get("REMOTE_ADDR", "")
    hops: int = settings.HUB_TRUSTED_PROXIES
    if hops <= 0:
        return peer
    chain = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    if len(chain) < hops:
        return peer
    try:
        return str(ip_address(chain[-hops]))
    except ValueError:
        return peer

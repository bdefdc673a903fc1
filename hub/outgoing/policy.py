"""Which addresses the hub may connect to (checklist row 52): looked at where the connection is made, after resolving.

Hospitals sit on intranets, so private networks are allowed by name: `HUB_OUTGOING_NETWORKS` lists them (RFC 1918 and
unique local ones without it; this machine itself only where the hub is no public one). Public addresses are allowed
unless `HUB_OUTGOING_PUBLIC` says no. All others (link-local with the clouds' metadata, multicast, reserved) are
refused, and so are the hub's own database, cache and object store wherever they stand.
"""

from __future__ import annotations

import socket
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

Address = IPv4Address | IPv6Address
_NAT64 = IPv6Network("64:ff9b::/96")


class AddressRefused(OSError):
    """The policy forbids this address; nothing was sent."""


def connect(host: str, port: int, *, timeout: float) -> socket.socket:
    """A TCP connection to an address the policy allows; AddressRefused, or OSError as `socket` raises it."""
    failure: OSError | None = None
    for address in allowed(host, port):
        try:
            return socket.create_connection((address, port), timeout=timeout)
        except OSError as problem:
            failure = problem
    raise failure or OSError(f"no address for {host}")


def allowed(host: str, port: int) -> list[str]:
    """The addresses of a name that may be called; AddressRefused if any of them may not: such a name is a trap."""
    found = list(dict.fromkeys(str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    for address in found:
        if not may_call(ip_address(address.split("%")[0]), port):
            raise AddressRefused(f"the outgoing policy forbids {address}:{port}")
    return found


def may_call(address: Address, port: int) -> bool:
    """Whether the policy allows one address; forms of IPv6 that carry an IPv4 address are judged by that."""
    inner = _inner(address)
    if (str(inner), port) in _own_services():
        return False
    if any(inner in network for network in _named()):
        return True
    return bool(settings.HUB_OUTGOING_PUBLIC) and inner.is_global and not inner.is_multicast


def problem_with(url: str, *, schemes: tuple[str, ...]) -> str:
    """What is wrong with an address somebody types ("" if nothing): its form, and its host where that is an address.

    A name is not resolved here: no web thread waits for a name server, and the answer could be another one later.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "地址写得不对。"
    if parts.scheme not in schemes or not parts.hostname or port == 0:
        return f"地址应以 {' 或 '.join(schemes)}:// 开头，并写明主机。"
    if parts.username or parts.password or parts.fragment:
        return "地址里不能带用户名、口令或 #。"
    return "" if _may_name(parts) else "平台不允许连接这个地址。"


def _may_name(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return host != "localhost" or may_call(IPv4Address("127.0.0.1"), parts.port or 0)
    return may_call(address, parts.port or {"https": 443}.get(parts.scheme, 80))


def _inner(address: Address) -> Address:
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)
    return address


def _named() -> list[IPv4Network | IPv6Network]:
    return _networks(tuple(settings.HUB_OUTGOING_NETWORKS))


@lru_cache(maxsize=8)
def _networks(names: tuple[str, ...]) -> list[IPv4Network | IPv6Network]:
    return [ip_network(name) for name in names]


def _own_services() -> frozenset[tuple[str, int]]:
    """(address, port) of what only the hub itself may talk to."""
    rows = [row for row in settings.DATABASES.values() if row.get("HOST")]
    places = {(str(row["HOST"]), int(row.get("PORT") or 5432)) for row in rows}
    for url in (settings.HUB_REDIS_URL, settings.CELERY_BROKER_URL, f"//{settings.HUB_S3['endpoint']}"):
        parts = urlsplit(url.split(",")[0])
        if parts.hostname and parts.port:
            places.add((parts.hostname, parts.port))
    return _resolved(frozenset(places))


@lru_cache(maxsize=8)
def _resolved(places: frozenset[tuple[str, int]]) -> frozenset[tuple[str, int]]:
    found = set()
    for host, port in places:
        try:
            found |= {(str(row[4][0]), port) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
        except OSError:
            continue  # a name nobody knows can't be called either
    return frozenset(found)

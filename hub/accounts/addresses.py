"""Whether an address lies in networks."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address, ip_network


def within(address: str, networks: Iterable[str]) -> bool:
    """Whether a caller's address lies in one of these; one that can't be read lies nowhere."""
    try:
        caller = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(caller, "ipv4_mapped", None) or caller
    return any(mapped in ip_network(network) for network in networks)

"""Re-deriving the truth of one hospital: numbers by themselves, and numbers against everybody who says he holds one.

The apps that hold numbers register what they believe (`claims`), so that this app needs to know none of them.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from hub.tenancy.scope import hospital
from tenants.scheduling import selectors

Claims = Callable[[], dict[UUID, str]]
_claims: dict[str, Claims] = {}


def claims(name: str) -> Callable[[Claims], Claims]:
    """Register a function that, inside the hospital's scope, says which holder must hold a number in which state."""

    def register(function: Claims) -> Claims:
        _claims[name] = function
        return function

    return register


def differences(code: str) -> list[str]:
    """Everything that does not agree at this hospital; empty is what it should be."""
    with hospital(code, read_only=True):
        found = selectors.faults()
        held = selectors.holders()
        for name, claimed in _claims.items():
            found += _compare(name, claimed(), held)
    return found


def _compare(name: str, believed: dict[UUID, str], held: dict[UUID, str]) -> list[str]:
    missing = [f"{name} {holder} has no number" for holder in believed.keys() - held.keys()]
    strange = [f"number held by {holder}, unknown to {name}" for holder in held.keys() - believed.keys()]
    other = [
        f"{name} {holder} is {believed[holder]}, its number {held[holder]}"
        for holder in believed.keys() & held.keys()
        if believed[holder] != held[holder]
    ]
    return missing + strange + other

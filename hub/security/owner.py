"""Whose key a value takes: the hospital whose scope is open, else the district's."""

from __future__ import annotations

from hub.security.keyring import REGION_OWNER
from hub.tenancy.context import current_hospital, hospital_alias


def key_owner(alias: str) -> str:
    """The key owner of a write through `alias`."""
    if alias != hospital_alias():
        return REGION_OWNER
    return current_hospital() or REGION_OWNER

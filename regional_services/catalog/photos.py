"""Where the photograph of a doctor is to be had."""

from __future__ import annotations

from uuid import UUID


def address(institution_code: str, practitioner_id: UUID, version: UUID | None) -> str:
    """The path on the hub's host, the same until the photograph is another one; empty where there is none."""
    if version is None:
        return ""
    return f"/hospitals/{institution_code}/doctors/{practitioner_id}/photo?v={version.hex}"

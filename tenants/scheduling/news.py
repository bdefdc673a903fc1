"""Saying that sessions changed, so that whoever keeps copies reads them again."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from hub.work import Unit
from tenants.scheduling.events import SessionChanged

EVENT_BATCH = 200


def announce(unit: Unit, sessions: Iterable[UUID]) -> None:
    """One event for every two hundred of them."""
    distinct = sorted(set(sessions))
    for start in range(0, len(distinct), EVENT_BATCH):
        unit.publish(SessionChanged(hospital=unit.scope, session_ids=tuple(distinct[start : start + EVENT_BATCH])))

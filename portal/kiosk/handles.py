"""What a machine just showed, known by a handle: ids or a reason, never a name or a number; gone after 90 seconds."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core.cache import cache

from hub.ids import uuid7
from tenants.queueing.kiosk import CheckedIn

LIFETIME_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one try: visits, the code of the refusal, or the scan whose card's issuer is being asked."""

    visits: tuple[CheckedIn, ...] = ()
    refusal: str = ""
    scan_id: UUID | None = None


def keep(device_id: UUID, outcome: Outcome) -> str:
    """The handle of a new outcome; the cache's key carries the hospital besides."""
    handle = uuid7().hex
    visits = [(str(one.booking_id), str(one.queue_id)) for one in outcome.visits]
    scan = str(outcome.scan_id or "")
    told = {"visits": visits, "refusal": outcome.refusal, "scan": scan}
    cache.set(_key(device_id, handle), told, LIFETIME_SECONDS)
    return handle


def kept(device_id: UUID, handle: str) -> Outcome | None:
    """The outcome of a handle of this machine; None when it is over."""
    found = cache.get(_key(device_id, handle))
    if found is None:
        return None
    visits = tuple(CheckedIn(UUID(booking), UUID(queue)) for booking, queue in found["visits"])
    return Outcome(visits, found["refusal"], UUID(found["scan"]) if found["scan"] else None)


def forget(device_id: UUID, handle: str) -> None:
    """Whoever was there has gone."""
    cache.delete(_key(device_id, handle))


def _key(device_id: UUID, handle: str) -> str:
    return f"kiosk:{device_id}:{handle}"

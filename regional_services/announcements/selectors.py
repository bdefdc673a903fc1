"""Reads of notices."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub import clock
from hub.tenancy.context import registry_read
from hub.tenancy.scope import region
from regional_services.announcements.models import Announcement, Urgency

FRESH_SECONDS = 10.0
MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notice as pages show it."""

    id: UUID
    institution_code: str
    title: str
    text: str
    urgency: Urgency
    shown_from: datetime
    shown_until: datetime
    published_by_name: str
    published_at: datetime
    withdrawn_by_name: str
    withdrawn_at: datetime | None

    @property
    def is_urgent(self) -> bool:
        """Whether it stands first and in the colour of warnings."""
        return self.urgency is Urgency.URGENT

    @property
    def standing(self) -> tuple[str, str]:
        """Where it stands now: a code for its colour, and words."""
        now = clock.now()
        if self.withdrawn_at is not None:
            return "cancelled", "已撤下"
        if self.shown_until <= now:
            return "expired", "已过期"
        return ("booked", "显示中") if self.shown_from <= now else ("new", "未到时间")

    @property
    def can_be_withdrawn(self) -> bool:
        """Whether anybody sees it now, or will."""
        return self.withdrawn_at is None and self.shown_until > clock.now()


class _Cache:
    """The notices that are shown or will be; few, read with every home page."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._notices: list[Notice] = []
        self._loaded_at = float("-inf")

    def notices(self) -> list[Notice]:
        """Newest first."""
        if time.monotonic() - self._loaded_at > FRESH_SECONDS:
            with self._lock:
                if time.monotonic() - self._loaded_at > FRESH_SECONDS:
                    self._notices, self._loaded_at = _load(), time.monotonic()
        return self._notices

    def forget(self) -> None:
        """Read again at the next question."""
        self._loaded_at = float("-inf")


_cache = _Cache()


def at_home() -> list[Notice]:
    """What the home page shows now: the district's, and institutions' urgent ones; urgent first. No query when warm."""
    return _sorted([notice for notice in _now() if not notice.institution_code or notice.is_urgent])


def at_institution(code: str) -> list[Notice]:
    """What an institution's page shows now: its own, and the district's urgent ones. No query when warm."""
    return _sorted(
        [
            notice
            for notice in _now()
            if notice.institution_code == code or (not notice.institution_code and notice.is_urgent)
        ]
    )


def published(institution_code: str, *, after: int = 0, limit: int = 50) -> list[Notice]:
    """What one publisher has published, newest first, from place `after` on; one more than `limit`. One query."""
    with region(read_only=True):
        rows = Announcement.objects.filter(institution_code=institution_code).order_by("-published_at", "-id")
        return [_notice(row) for row in rows[after : after + limit + 1]]


def forget() -> None:
    """Drop this process's copy (after a change; other processes follow within `FRESH_SECONDS`)."""
    _cache.forget()


def _now() -> list[Notice]:
    now = clock.now()
    return [notice for notice in _cache.notices() if notice.shown_from <= now < notice.shown_until]


def _sorted(notices: list[Notice]) -> list[Notice]:
    return sorted(notices, key=lambda notice: not notice.is_urgent)


def _load() -> list[Notice]:
    """What everybody may read, whatever scope is open: one query."""
    with registry_read():
        rows = Announcement.objects.filter(withdrawn_at__isnull=True, shown_until__gt=clock.now())
        return [_notice(row) for row in rows.order_by("-published_at", "-id")[:MOST]]


def _notice(row: Announcement) -> Notice:
    return Notice(
        id=row.id,
        institution_code=row.institution_code,
        title=row.title,
        text=row.text,
        urgency=Urgency(row.urgency),
        shown_from=row.shown_from,
        shown_until=row.shown_until,
        published_by_name=row.published_by_name,
        published_at=row.published_at,
        withdrawn_by_name=row.withdrawn_by_name,
        withdrawn_at=row.withdrawn_at,
    )

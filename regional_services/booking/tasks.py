"""Scheduled work of bookings."""

from __future__ import annotations

from celery import shared_task

from regional_services.booking import changes
from regional_services.booking.services import sweep


@shared_task(name="booking.sweep")  # type: ignore[untyped-decorator]
def sweep_bookings() -> int:
    """Every few seconds: resume stuck bookings, end those past their deadlines, close questions nobody answered."""
    return sweep() + changes.close_unanswered()

"""Scheduled work of bookings."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import DistrictTask
from regional_services.booking.services import sweep


@shared_task(base=DistrictTask, name="booking.sweep")  # type: ignore[untyped-decorator]
def sweep_bookings() -> int:
    """Every few seconds: resume stuck bookings, end those past their deadlines."""
    return sweep()

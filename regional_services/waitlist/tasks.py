"""The clock of the waiting list."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import DistrictTask
from regional_services.waitlist import offering


@shared_task(base=DistrictTask, name="waitlist.sweep")  # type: ignore[untyped-decorator]
def sweep_waitlist() -> int:
    """Every two seconds: offer what fell free, end what is due; how many places moved."""
    return offering.sweep()

"""On the schedule: the printable lists of 06:00."""

from __future__ import annotations

from celery import shared_task

from hub import clock
from hub.tenancy.registry import live_hospitals
from hub.tenancy.tasks import HospitalTask, RegionTask
from tenants.appointments import daily


@shared_task(base=RegionTask)  # type: ignore[untyped-decorator]
def make_lists() -> None:
    """Send every hospital's list on its way."""
    for code in live_hospitals():
        make_list.apply_async(kwargs={"hospital": code}, expires=3600)


@shared_task(base=HospitalTask)  # type: ignore[untyped-decorator]
def make_list(*, hospital: str) -> None:
    """Store one hospital's list of today."""
    daily.make(hospital, clock.today())

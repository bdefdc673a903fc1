"""On the schedule: the reports of 07:00."""

from __future__ import annotations

from celery import shared_task

from hub import clock
from hub.tenancy.registry import live_hospitals
from hub.tenancy.tasks import HospitalTask, RegionTask
from tenants.nightly import services


@shared_task(base=RegionTask)  # type: ignore[untyped-decorator]
def make_reports() -> None:
    """Send every hospital's report on its way."""
    for code in live_hospitals():
        make_report.apply_async(kwargs={"hospital": code}, expires=3600)


@shared_task(base=HospitalTask)  # type: ignore[untyped-decorator]
def make_report(*, hospital: str) -> None:
    """Store one hospital's report of the night that ended today."""
    services.make(hospital, clock.today())

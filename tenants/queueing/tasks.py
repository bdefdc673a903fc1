"""On the schedule: every hospital's day, and every few seconds what time does in its queues."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.registry import live_hospitals
from hub.tenancy.tasks import DistrictTask, HospitalTask
from tenants.queueing import timekeeping


@shared_task(base=DistrictTask, name="queueing.days")  # type: ignore[untyped-decorator]
def open_days() -> None:
    """Send every hospital's day on its way: in the small hours, and again as a repair."""
    for code in live_hospitals():
        open_day.apply_async(kwargs={"hospital": code}, expires=600)


@shared_task(name="queueing.day", base=HospitalTask)  # type: ignore[untyped-decorator]
def open_day(*, hospital: str) -> None:
    """Close yesterday's queues, fill today's."""
    timekeeping.close_day(hospital)
    timekeeping.enter_day(hospital)


@shared_task(base=DistrictTask, name="queueing.tick")  # type: ignore[untyped-decorator]
def tick() -> None:
    """What is due in all queues: a few short queries a hospital."""
    for code in live_hospitals():
        timekeeping.tick(code)

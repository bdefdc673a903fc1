"""On the schedule: forgetting old runs, and the bookings they left."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.registry import live_hospitals
from hub.tenancy.tasks import HospitalTask, RegionTask
from regional_services.synthetic import services


@shared_task(base=RegionTask, name="synthetic.tidy")  # type: ignore[untyped-decorator]
def tidy() -> int:
    """Every night."""
    return services.tidy()


@shared_task(base=RegionTask, name="synthetic.forget")  # type: ignore[untyped-decorator]
def forget() -> int:
    """Every night: the public rows here, each hospital's by a task of its own."""
    for code in live_hospitals():
        forget_at.apply_async(kwargs={"hospital": code})
    return services.forget_bookings()


@shared_task(base=HospitalTask, name="synthetic.forget_at")  # type: ignore[untyped-decorator]
def forget_at(*, hospital: str) -> int:
    """One hospital's part."""
    return services.forget_appointments(hospital)

"""Leaving on the schedule, by a worker with the owner's login."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import DistrictTask
from regional_services.leaving import closing, services, stages


@shared_task(base=DistrictTask, name="leaving.sweep")  # type: ignore[untyped-decorator]
def sweep() -> int:
    """Every five seconds: one turn for each institution on its way out; how many there were."""
    services.follow_receipts()
    codes = stages.due()
    for code in codes:
        stages.turn(code)
    return len(codes)


@shared_task(base=DistrictTask, name="leaving.drop_schemas")  # type: ignore[untyped-decorator]
def drop_schemas() -> int:
    """Every night: remove the schemas whose time of keeping is over."""
    return closing.drop_due()

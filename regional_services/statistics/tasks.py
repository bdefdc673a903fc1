"""The figures on the schedule."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import RegionTask
from regional_services.statistics import services

RECENT_DAYS = 2
SETTLING_DAYS = 35


@shared_task(base=RegionTask, name="statistics.refresh")  # type: ignore[untyped-decorator]
def refresh() -> int:
    """Every minute: today and yesterday."""
    return services.refresh(RECENT_DAYS)


@shared_task(base=RegionTask, name="statistics.settle")  # type: ignore[untyped-decorator]
def settle() -> int:
    """Every night: the days in which refunds and visits may still change something."""
    return services.refresh(SETTLING_DAYS)


@shared_task(base=RegionTask, name="statistics.observe")  # type: ignore[untyped-decorator]
def observe() -> int:
    """Every minute: how every hospital's connector is."""
    return services.observe()

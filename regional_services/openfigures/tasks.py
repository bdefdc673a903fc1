"""The months on the schedule."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import RegionTask
from regional_services.openfigures import services

RECENT_MONTHS = 2


@shared_task(base=RegionTask, name="openfigures.refresh")  # type: ignore[untyped-decorator]
def refresh() -> int:
    """Every hour: this month and the last, in which something may still change."""
    return services.refresh(RECENT_MONTHS)

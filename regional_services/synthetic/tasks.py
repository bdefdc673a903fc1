"""On the schedule: forgetting old runs."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import RegionTask
from regional_services.synthetic import services


@shared_task(base=RegionTask, name="synthetic.tidy")  # type: ignore[untyped-decorator]
def tidy() -> int:
    """Every night."""
    return services.tidy()

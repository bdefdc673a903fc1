"""The months on the schedule."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import RegionTask
from regional_services.openfigures import services


@shared_task(base=RegionTask, name="openfigures.refresh")  # type: ignore[untyped-decorator]
def refresh() -> int:
    """Every minute: what is due; a question of one row when nothing is."""
    return services.refresh_due()

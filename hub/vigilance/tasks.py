"""On the schedule: looking for what nobody was there to see."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import RegionTask
from hub.vigilance import services


@shared_task(base=RegionTask, name="vigilance.verify_access")  # type: ignore[untyped-decorator]
def verify_access() -> int:
    """Every hour: roles and data scopes still say what services wrote."""
    return services.verify_access()

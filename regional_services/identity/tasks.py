"""What the schedule does."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import RegionTask
from regional_services.identity import proxies


@shared_task(base=RegionTask, name="identity.end_expired")  # type: ignore[untyped-decorator]
def end_expired() -> int:
    """Every hour: relations whose last day is over."""
    return proxies.end_expired()

"""The clock of messages."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import RegionTask
from regional_services.notifications import sending, tidying


@shared_task(base=RegionTask, name="notifications.sweep")  # type: ignore[untyped-decorator]
def sweep() -> int:
    """Every five seconds: deliveries whose quiet hours or waiting time are over."""
    return sending.sweep()


@shared_task(base=RegionTask, name="notifications.tidy")  # type: ignore[untyped-decorator]
def tidy() -> int:
    """Every night: deliveries past their time."""
    return tidying.tidy()

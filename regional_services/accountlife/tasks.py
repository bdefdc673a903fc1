"""What the schedule does."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import RegionTask
from regional_services.accountlife import closing


@shared_task(base=RegionTask, name="accountlife.close_due")  # type: ignore[untyped-decorator]
def close_due() -> int:
    """Every quarter of an hour: accounts whose waiting time is over."""
    return closing.close_due()


@shared_task(base=RegionTask, name="accountlife.delete_expired")  # type: ignore[untyped-decorator]
def delete_expired() -> int:
    """Every day: sealed records whose day has come."""
    return closing.delete_expired()

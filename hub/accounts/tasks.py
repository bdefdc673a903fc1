"""The nightly job of accounts."""

from __future__ import annotations

from celery import shared_task

from hub.accounts import housekeeping
from hub.actor import system_actor
from hub.tenancy.tasks import RegionTask


@shared_task(base=RegionTask, name="accounts.tidy")  # type: ignore[untyped-decorator]
def tidy() -> None:
    """Forget what is spent, disable who never comes."""
    housekeeping.tidy(actor=system_actor("账号整理"))

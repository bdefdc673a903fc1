"""On the schedule: shares of release rules whose time is over."""

from __future__ import annotations

from celery import shared_task

from hub.actor import system_actor
from hub.tenancy.registry import live_hospitals
from hub.tenancy.tasks import DistrictTask
from tenants.scheduling import services

CLOCKWORK = system_actor("放号")


@shared_task(base=DistrictTask, name="scheduling.merge_shares")  # type: ignore[untyped-decorator]
def merge_shares() -> None:
    """Every hospital's."""
    for code in live_hospitals():
        services.merge_shares(code, actor=CLOCKWORK)

"""What the schedule does."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import RegionTask
from regional_services.cards import services


@shared_task(base=RegionTask, name="cards.forget_old")  # type: ignore[untyped-decorator]
def forget_old() -> int:
    """Every five minutes: what scans named and nobody used."""
    return services.forget_old()

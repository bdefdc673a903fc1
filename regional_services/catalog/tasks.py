"""Scheduled work of the catalogue."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from hub import clock
from hub.tenancy.tasks import RegionTask
from regional_services.catalog import projection

LEFT_FOR = timedelta(seconds=15)


@shared_task(base=RegionTask)  # type: ignore[untyped-decorator]
def refresh_stale() -> None:
    """What deliveries left stale (a dead letter, a restore) is refreshed here."""
    for code in projection.stale_hospitals(clock.now() - LEFT_FOR):
        projection.refresh(code)


@shared_task(base=RegionTask)  # type: ignore[untyped-decorator]
def forget_past() -> None:
    """Every night: days gone by leave the catalogue."""
    projection.forget_before(clock.today() - timedelta(days=1))

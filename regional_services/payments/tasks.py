"""Scheduled work of payments."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import RegionTask
from regional_services.payments import services


@shared_task(base=RegionTask, name="payments.sweep")  # type: ignore[untyped-decorator]
def sweep_payments() -> None:
    """Every few seconds: ask again what is due, close what is overdue."""
    services.sweep()

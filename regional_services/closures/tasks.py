"""The clock that carries closures on."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import DistrictTask
from regional_services.closures import services


@shared_task(base=DistrictTask, name="closures.carry_on")  # type: ignore[untyped-decorator]
def carry_on() -> int:
    """One step, every two seconds."""
    return services.carry_on()

"""On the schedule: reminders whose numbers are open."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import RegionTask
from regional_services.doctors import reminding


@shared_task(base=RegionTask, name="doctors.remind")  # type: ignore[untyped-decorator]
def remind() -> int:
    """Every half minute; one statement when nobody is to be told."""
    return reminding.sweep()

"""The clock of the no-show list."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import DistrictTask
from regional_services.noshow import counting


@shared_task(base=DistrictTask, name="noshow.count")  # type: ignore[untyped-decorator]
def count_no_shows() -> int:
    """At four in the morning: count the visits of the last days nobody came to; how many."""
    return counting.count_missed()

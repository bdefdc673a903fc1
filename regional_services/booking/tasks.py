"""Scheduled work of bookings."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.tasks import DistrictTask, RegionTask
from regional_services.booking import changes, rush
from regional_services.booking.resync import running
from regional_services.booking.services import sweep


@shared_task(base=DistrictTask, name="booking.sweep")  # type: ignore[untyped-decorator]
def sweep_bookings() -> int:
    """Every few seconds: resume stuck bookings, end those past their deadlines, close questions nobody answered."""
    return sweep() + changes.close_unanswered()


@shared_task(base=RegionTask, name="booking.open_rooms")  # type: ignore[untyped-decorator]
def open_rooms() -> int:
    """Every ten seconds: open the waiting rooms of releases that are near; how many."""
    return rush.open_for_releases()


@shared_task(base=DistrictTask, name="booking.resync")  # type: ignore[untyped-decorator]
def carry_on_resyncs() -> int:
    """Every half minute: take up the comparisons nobody is at; how many."""
    found = running.due()
    for run_id in found:
        running.carry_on(run_id)
    return len(found)

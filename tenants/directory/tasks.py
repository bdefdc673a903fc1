"""Scheduled work of directories."""

from __future__ import annotations

from celery import shared_task

from hub.tenancy.registry import live_hospitals
from hub.tenancy.tasks import DistrictTask
from institution_connectors.catalog import selectors as connectors
from tenants.directory import photos
from tenants.directory.services import ask_for_directory


@shared_task(base=DistrictTask)  # type: ignore[untyped-decorator]
def refresh_directories() -> None:
    """A few times a day: every connected hospital is asked for its departments and doctors."""
    connected = {profile.hospital for profile in connectors.profiles() if profile.enabled}
    for code in live_hospitals():
        if code in connected:
            ask_for_directory(code)


@shared_task(base=DistrictTask, name="directory.tidy_photos")  # type: ignore[untyped-decorator]
def tidy_photos() -> int:
    """Every night: photographs no row names any more, of every hospital; how many went."""
    return sum(photos.tidy(code) for code in live_hospitals())

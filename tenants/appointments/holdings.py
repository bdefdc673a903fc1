"""The objects appointments keep."""

from __future__ import annotations

from hub.storage.holdings import holds_objects
from hub.storage.objects import StoredObject
from tenants.appointments.daily import stored_list
from tenants.appointments.models import DailyList


@holds_objects("daily-list")
def lists() -> list[StoredObject]:
    """The stored daily lists of the hospital whose scope is open. One query."""
    return [stored_list(row) for row in DailyList.objects.order_by("day")]

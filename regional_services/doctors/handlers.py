"""What doctors does on events."""

from __future__ import annotations

from hub.outbox.events import Delivery, RunsIn, handles
from regional_services.catalog.events import DoctorServicesChanged
from regional_services.doctors import telling


@handles(DoctorServicesChanged, runs_in=RunsIn.BETWEEN)
def tell_followers(event: DoctorServicesChanged, _delivery: Delivery) -> None:
    """In several units where many follow, hence in no transaction of its own."""
    telling.tell_followers(event)

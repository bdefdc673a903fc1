"""What the foundation is told of, while there is one; and the sending itself."""

from __future__ import annotations

from hub.outbox.events import Delivery, RunsIn, handles
from hub.work import Unit
from regional_services.booking.events import BookingChanged
from regional_services.foundation import collecting, sending
from regional_services.foundation.events import EntryRejected, HandOverDue
from regional_services.foundation.outside import is_configured
from tenants.directory.events import DirectoryChanged
from tenants.registry import selectors as registry
from tenants.registry.events import LifeChanged


@handles(BookingChanged, runs_in=RunsIn.REGION, when=is_configured)
def collect_booking(event: BookingChanged, unit: Unit) -> None:
    """A booking moved."""
    collecting.collect_booking(unit, event)


@handles(DirectoryChanged, runs_in=RunsIn.BETWEEN, when=is_configured)
def collect_directory(event: DirectoryChanged, _delivery: Delivery) -> None:
    """Departments or doctors changed."""
    collecting.collect_master(event.hospital)


@handles(LifeChanged, runs_in=RunsIn.BETWEEN, when=is_configured)
def collect_institution(event: LifeChanged, _delivery: Delivery) -> None:
    """An institution joined, was suspended, or resumed."""
    registry.forget()  # this process's copy may be older than the change
    collecting.collect_master(event.institution_code)


@handles(HandOverDue, runs_in=RunsIn.OUTSIDE, awaited=False)
def hand_over(_event: HandOverDue, delivery: Delivery) -> None:
    """Entries wait."""
    sending.hand_over(delivery)


@handles(EntryRejected, runs_in=RunsIn.OUTSIDE, awaited=False)
def hand_over_rejected(event: EntryRejected, delivery: Delivery) -> None:
    """One was rejected."""
    sending.hand_over_rejected(event.event_id, delivery)

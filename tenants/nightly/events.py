"""What the report of the night tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class NightReportMade(Event):
    """The report of a day is stored; whoever is to know of it is told."""

    NAME: ClassVar[str] = "nightly.report_made"
    hospital: str
    day: date

    @property
    def aggregate(self) -> str:
        """By day."""
        return f"night:{self.hospital}:{self.day}"

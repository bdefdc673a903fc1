"""What the catalogue tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


class ServiceChange(StrEnum):
    """What became of a doctor's sessions."""

    RELEASED = "released"
    STOPPED = "stopped"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorServicesChanged(Event):
    """Sessions of a doctor's post were released, stopped or moved; `days` and `periods` go in pairs."""

    NAME: ClassVar[str] = "catalog.doctor_services_changed"
    institution_code: str
    change_id: UUID
    doctor_id: UUID
    change: ServiceChange
    days: tuple[date, ...]
    periods: tuple[str, ...]

    @property
    def aggregate(self) -> str:
        """By post: its followers hear the changes in their order."""
        return f"doctor:{self.doctor_id}"

"""What archives tell; ids only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveOpened(Event):
    """A member of staff opened somebody's record."""

    NAME: ClassVar[str] = "patients.archive_opened"
    archive_id: UUID
    actor_id: UUID
    actor_name: str

    @property
    def aggregate(self) -> str:
        """By archive."""
        return f"archive:{self.archive_id}"

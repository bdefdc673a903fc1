"""What the manual review tells: ids and states only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoTaken(Event):
    """A photograph lies in the store and is to be read."""

    NAME: ClassVar[str] = "idverify.photo_taken"
    photo_id: UUID

    @property
    def aggregate(self) -> str:
        """By photograph."""
        return f"photo:{self.photo_id}"

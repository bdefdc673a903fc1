"""What the directory tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryChanged(Event):
    """Departments or doctors of a hospital changed; receivers read the directory again."""

    NAME: ClassVar[str] = "directory.changed"
    hospital: str

    @property
    def aggregate(self) -> str:
        """By hospital."""
        return f"directory:{self.hospital}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryDue(Event):
    """The hospital is to be asked for its departments and doctors."""

    NAME: ClassVar[str] = "directory.due"
    hospital: str

    @property
    def aggregate(self) -> str:
        """By hospital."""
        return f"directory:{self.hospital}"

"""What cards tell: ids only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeScanned(Event):
    """The issuer is to be asked whose code a desk scanned."""

    NAME: ClassVar[str] = "cards.code_scanned"
    scan_id: UUID
    institution_code: str

    @property
    def aggregate(self) -> str:
        """Each by itself."""
        return f"scan:{self.scan_id}"

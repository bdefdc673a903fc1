"""What insurance tells: ids only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationAsked(Event):
    """The insurer is to be asked to activate somebody's voucher."""

    NAME: ClassVar[str] = "insurance.activation_asked"
    activation_id: UUID

    @property
    def aggregate(self) -> str:
        """Each by itself."""
        return f"activation:{self.activation_id}"

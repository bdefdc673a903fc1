"""What the registry tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSwitched(Event):
    """A function was switched at an institution."""

    NAME: ClassVar[str] = "registry.function_switched"
    institution_code: str
    function: str
    is_on: bool

    @property
    def aggregate(self) -> str:
        """By institution."""
        return f"institution:{self.institution_code}"

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeChanged(Event):
    """A hospital became live, was suspended, or was resumed."""

    NAME: ClassVar[str] = "registry.life_changed"
    institution_code: str
    before: str
    after: str

    @property
    def aggregate(self) -> str:
        """By institution."""
        return f"institution:{self.institution_code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnboardingDue(Event):
    """An institution's joining is to be carried on; its place may not exist yet, so no field names it as a hospital."""

    NAME: ClassVar[str] = "registry.onboarding_due"
    code: str

    @property
    def aggregate(self) -> str:
        """By institution."""
        return f"onboarding:{self.code}"

"""What the checklist asks of the workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDue(Event):
    """One check is to be carried out; the next follows when it has ended."""

    NAME: ClassVar[str] = "conformance.step_due"
    hospital: str
    run_id: UUID
    check_code: str
    and_on: bool

    @property
    def aggregate(self) -> str:
        """Steps of a run one after the other."""
        return f"conformance:{self.run_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateAsked(Event):
    """A run has passed and its hospital wants the certificate, and with it the capabilities."""

    NAME: ClassVar[str] = "conformance.certificate_asked"
    hospital: str
    run_id: UUID
    asked_by: str

    @property
    def aggregate(self) -> str:
        """After the steps."""
        return f"conformance:{self.run_id}"

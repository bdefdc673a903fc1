"""What identity tells: ids and states only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class RealNameAsked(Event):
    """The city is to be asked whether a name belongs to a document."""

    NAME: ClassVar[str] = "identity.real_name_asked"
    check_id: UUID
    relation_id: UUID

    @property
    def aggregate(self) -> str:
        """One question at a time per relation."""
        return f"relation:{self.relation_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RealNameAnswered(Event):
    """The city answered: `state` is match, mismatch or absent."""

    NAME: ClassVar[str] = "identity.real_name_answered"
    relation_id: UUID
    account_id: UUID
    person_id: UUID
    state: str

    @property
    def aggregate(self) -> str:
        """By relation."""
        return f"relation:{self.relation_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChanged(Event):
    """A consent was given or withdrawn; whoever reads the ledger stops or may go on."""

    NAME: ClassVar[str] = "identity.consent_changed"
    person_id: UUID
    purpose: str
    is_given: bool

    @property
    def aggregate(self) -> str:
        """By person."""
        return f"person:{self.person_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationEnded(Event):
    """An account no longer acts for a person."""

    NAME: ClassVar[str] = "identity.relation_ended"
    relation_id: UUID
    account_id: UUID
    person_id: UUID
    reason: str

    @property
    def aggregate(self) -> str:
        """By relation."""
        return f"relation:{self.relation_id}"

"""What accounts tell the relay; ids only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCodeRequested(Event):
    """A phone code waits to be sent."""

    NAME: ClassVar[str] = "accounts.phone_code_requested"
    code_id: UUID

    @property
    def aggregate(self) -> str:
        return f"phone_code:{self.code_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorisationReceived(Event):
    """A platform's authorisation code waits to be traded."""

    NAME: ClassVar[str] = "accounts.authorisation_received"
    ask_id: UUID

    @property
    def aggregate(self) -> str:
        return f"way_in:{self.ask_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleBound(Event):
    """A way in was added to an account that had another; `handle_id` is the new one."""

    NAME: ClassVar[str] = "accounts.handle_bound"
    account_id: UUID
    handle_id: UUID

    @property
    def aggregate(self) -> str:
        return f"account:{self.account_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleUnbound(Event):
    """A way in was taken from an account; `but` is the sign-in it was done from, `handle_id` what was taken."""

    NAME: ClassVar[str] = "accounts.handle_unbound"
    account_id: UUID
    kind: str
    but: UUID | None
    handle_id: UUID

    @property
    def aggregate(self) -> str:
        return f"account:{self.account_id}"

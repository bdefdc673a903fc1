"""What a channel outside answers, and what it must say of itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from hub.accounts.models import HandleKind
from regional_services.notifications.wording import Said


class Outcome(StrEnum):
    """What became of one call.

    ACCEPTED: the channel has it. REFUSED: it will not send this. NOT_NOW: it certainly did not take it, another try may
    work. UNKNOWN: the answer was lost, it may be on its way.
    """

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_NOW = "not_now"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One message ready to go; `client_id` names it at the channel, at most 32 letters and digits."""

    address: str
    client_id: str
    said: Said
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`provider_id` is the channel's name for what it accepted; `wait` the least time until another try."""

    outcome: Outcome
    reason: str = ""
    provider_id: str = ""
    wait: timedelta | None = None


class Sender(Protocol):
    """A channel outside. `send` makes one call (or two, where a token has to be fetched) and never raises."""

    repeatable: timedelta
    """How long the channel recognises a `client_id` it has seen: within, a repeat is no second message."""

    def handle(self) -> tuple[HandleKind, str]:
        """Which handle of an account is its address here, by kind and realm."""

    def send(self, parcel: Parcel) -> Answer:
        """Hand one message over."""

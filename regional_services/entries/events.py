"""What entries tell: ids only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowAsked(Event):
    """WeChat is to be asked whether an account follows our official account."""

    NAME: ClassVar[str] = "entries.follow_asked"
    account_id: UUID

    @property
    def aggregate(self) -> str:
        """One question at a time of an account."""
        return f"account:{self.account_id}"

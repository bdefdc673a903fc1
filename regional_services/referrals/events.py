"""What referrals tell: ids only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralAsked(Event):
    """A resident is to be booked at another hospital."""

    NAME: ClassVar[str] = "referrals.asked"
    referral_id: UUID

    @property
    def aggregate(self) -> str:
        """Each by itself."""
        return f"referral:{self.referral_id}"

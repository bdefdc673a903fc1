"""What feedback publishes: ids only, the words stay in the thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackMoved(Event):
    """Staff answered or closed an item; `entry_id` is what they said."""

    NAME: ClassVar[str] = "feedback.moved"
    feedback_id: UUID
    entry_id: UUID
    institution_code: str

    @property
    def aggregate(self) -> str:
        """Each item by itself."""
        return f"feedback:{self.feedback_id}"

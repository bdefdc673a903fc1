"""What scheduling tells the houses above."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from hub.ids import uuid7
from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChanged(Event):
    """Free counts or data of sessions changed; receivers read the sessions again, so order does not matter."""

    NAME: ClassVar[str] = "scheduling.session_changed"
    hospital: str
    session_ids: tuple[UUID, ...]
    change_id: UUID = field(default_factory=uuid7)

    @property
    def aggregate(self) -> str:
        """Each change by itself: a hundred claims of one session must not wait for each other to be absorbed."""
        return f"change:{self.change_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsStopped(Event):
    """Sessions (or part of one) were stopped; `holders` are the bookings that have lost their number's doctor."""

    NAME: ClassVar[str] = "scheduling.sessions_stopped"
    hospital: str
    session_ids: tuple[UUID, ...]
    holders: tuple[UUID, ...]
    reason: str
    partial: bool = False
    earlier: tuple[UUID, ...] = ()

    @property
    def aggregate(self) -> str:
        """By the first session."""
        return f"session:{self.session_ids[0]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAltered(Event):
    """A session goes on, but not as its holders booked it: another doctor, price, room, campus or time.

    Values are those from now on; `shift_minutes` is how far its numbers moved with this change.
    """

    NAME: ClassVar[str] = "scheduling.session_altered"
    hospital: str
    session_id: UUID
    holders: tuple[UUID, ...]
    reason: str
    doctor_id: UUID | None
    doctor_name: str
    fee_fen: int
    room: str
    campus_code: str
    was_doctor_name: str
    was_fee_fen: int
    was_room: str
    was_campus_code: str
    shift_minutes: int = 0

    @property
    def aggregate(self) -> str:
        """By the session, as stops are."""
        return f"session:{self.session_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncConflictFound(Event):
    """A synchronisation could not follow the HIS without hurting a booking: staff must look."""

    NAME: ClassVar[str] = "scheduling.sync_conflict_found"
    hospital: str
    session_id: UUID
    holder: UUID
    kind: str

    @property
    def aggregate(self) -> str:
        """By booking: its owner hears this in order with its other news."""
        return f"booking:{self.holder}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleLookedAt(Event):
    """A resident looks at a department's day of a hospital that has to be asked."""

    NAME: ClassVar[str] = "scheduling.looked_at"
    hospital: str
    department_code: str
    day: date
    department_id: UUID | None = None
    looked_at: datetime | None = None

    @property
    def aggregate(self) -> str:
        """By department and day."""
        return f"look:{self.hospital}:{self.department_code}:{self.day}"

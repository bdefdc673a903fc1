"""Reads of places in line, inside a region scope; values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext

from hub import clock
from regional_services.waiting.models import Place
from tenants.queueing.models import EntryState
from tenants.queueing.pace import Wait


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceView:
    """A place in line as its resident sees it."""

    booking_id: UUID
    institution_code: str
    queue_id: UUID
    person_id: UUID
    day: date
    department: str
    doctor: str
    room: str
    ticket: str
    state: EntryState
    present: bool
    late: bool
    missed: int
    pass_reason: str
    station: str
    ahead: int | None
    wait: Wait | None
    serving: str
    paused: str
    read_at: datetime

    @property
    def ended(self) -> bool:
        """Whether nothing will move any more."""
        return self.state in (EntryState.DONE, EntryState.LEFT) or self.day < clock.today()

    def headline(self, name: str = "") -> str:
        """The one thing to know, in words; `name`: whose place it is, for a reader who waits for somebody else."""
        words = {"name": name, "station": self.station, "count": self.ahead}
        if self.state is EntryState.CALLED:
            return (
                gettext("请%(name)s到 %(station)s 就诊") % words if name else gettext("请到 %(station)s 就诊") % words
            )
        if self.state is EntryState.WAITING and self.ahead == 0:
            if not self.present:
                return gettext("请%(name)s尽快到院签到") % words if name else gettext("请尽快到院签到")
            return gettext("下一位就是%(name)s") % words if name else gettext("下一位就是您")
        if self.state is EntryState.WAITING:
            return gettext("前面还有 %(count)s 位") % words
        return self.state.label


def place_view(row: Place) -> PlaceView:
    """The value of a row; no query."""
    waits = row.wait_low is not None and row.wait_high is not None
    return PlaceView(
        booking_id=row.booking_id,
        institution_code=row.institution_code,
        queue_id=row.queue_id,
        person_id=row.person_id,
        day=row.day,
        department=row.department_name,
        doctor=row.doctor_name,
        room=row.room,
        ticket=row.ticket,
        state=EntryState(row.state),
        present=row.present,
        late=row.late,
        missed=row.missed,
        pass_reason=row.pass_reason,
        station=row.station,
        ahead=row.ahead,
        wait=Wait(row.wait_low or 0, row.wait_high or 0) if waits else None,
        serving=row.serving,
        paused=row.paused,
        read_at=row.read_at,
    )

"""Visits that take place otherwise than booked: ask the resident, let him stay or leave (practice 13).

The number stays his meanwhile. Staying gives the difference of a cheaper doctor back; leaving cancels without the
hospital's cut-off and gives all of it back. Who does not answer until the visit stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Sum

from hub import clock
from hub.actor import Actor, system_actor
from hub.errors import Conflict
from hub.tenancy.scope import REGION, region
from hub.work import Unit, work
from regional_services.booking import access, reservations
from regional_services.booking.messages import tell, tell_change
from regional_services.booking.models import Booking, BookingChange, BookingStep, ChangeState, Settlement, State
from regional_services.booking.process import Input, NotAllowed
from regional_services.booking.selectors import LIVE
from regional_services.booking.steps import Facts, advance_locked, lock
from regional_services.payments import steps as payments
from tenants.appointments.events import AppointmentAltered

SWEEPER = system_actor("改诊答复")
LEAVING = "就诊安排改变，居民免费退出"


class AlreadyAnswered(Conflict):
    """The change was answered, or the visit has begun."""

    code = "booking.change_answered"
    text = "这次调整已经答复过，或就诊时间已到。请刷新查看最新状态。"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """A change as the resident reads it."""

    id: UUID
    state: ChangeState
    reason: str
    doctor_name: str
    was_doctor_name: str
    place: str
    was_place: str
    starts_at: datetime
    was_starts_at: datetime
    difference_fen: int
    overlaps: bool
    asked_at: datetime

    @property
    def words(self) -> list[tuple[str, str, str]]:
        """What changes: its name, what it was, what it is."""
        was, now = clock.local(self.was_starts_at), clock.local(self.starts_at)
        rows = [
            ("医生", self.was_doctor_name, self.doctor_name),
            ("地点", self.was_place, self.place),
            ("时间", f"{was:%m月%d日 %H:%M}", f"{now:%m月%d日 %H:%M}"),
        ]
        return [(name, before, after) for name, before, after in rows if before != after]


def take(unit: Unit, event: AppointmentAltered) -> None:
    """Bring the booking to the new arrangement and ask; several changes before an answer are one question."""
    booking = lock(event.booking_id)
    if booking is None or booking.state not in LIVE:
        unit.audit("booking.altered", target=f"booking:{event.booking_id}", outcome="late")
        return
    booking.doctor_name = event.doctor_name[:60]
    booking.starts_at, booking.ends_at = event.starts_at, event.ends_at
    booking.updated_at = unit.now
    booking.save(update_fields=["doctor_name", "starts_at", "ends_at", "updated_at"])
    change = _change(unit, booking, event)
    BookingStep.objects.create(
        booking_id=booking.id,
        institution_code=booking.institution_code,
        at=unit.now,
        actor_name=unit.actor.name[:60],
        what="altered",
        state=booking.state,
        settlement=booking.settlement,
        reason=event.reason[:120],
    )
    unit.audit("booking.altered", target=f"booking:{booking.id}", reason=event.reason)
    tell_change(unit, booking, change)


def _change(unit: Unit, booking: Booking, event: AppointmentAltered) -> BookingChange:
    change = BookingChange.objects.filter(booking_id=booking.id, state=ChangeState.ASKED).first() or BookingChange(
        booking_id=booking.id,
        institution_code=booking.institution_code,
        was_doctor_name=event.was_doctor_name[:60],
        was_place=event.was_place,
        was_starts_at=event.was_starts_at,
    )
    change.reason = event.reason[:120]
    change.doctor_name, change.place = event.doctor_name[:60], event.place
    change.starts_at, change.asked_at = event.starts_at, unit.now
    change.difference_fen = max(booking.fee_fen - _given(booking.id) - event.fee_fen, 0)
    change.overlaps = event.starts_at != event.was_starts_at and not reservations.move(booking)
    change.save()
    return change


def _given(booking_id: UUID) -> int:
    """What earlier changes gave back."""
    rows = BookingChange.objects.filter(booking_id=booking_id, state__in=(ChangeState.STAYED, ChangeState.LAPSED))
    return int(rows.aggregate(sum=Sum("difference_fen"))["sum"] or 0)


def open_change(booking_id: UUID) -> ChangeView | None:
    """The question that waits for this booking's resident. One query."""
    row = BookingChange.objects.filter(booking_id=booking_id, state=ChangeState.ASKED).first()
    return _view(row) if row else None


def changes_of(booking_id: UUID) -> list[ChangeView]:
    """All changes of a booking, oldest first. One query."""
    return [_view(row) for row in BookingChange.objects.filter(booking_id=booking_id).order_by("asked_at")]


def _view(row: BookingChange) -> ChangeView:
    return ChangeView(
        id=row.id,
        state=ChangeState(row.state),
        reason=row.reason,
        doctor_name=row.doctor_name,
        was_doctor_name=row.was_doctor_name,
        place=row.place,
        was_place=row.was_place,
        starts_at=row.starts_at,
        was_starts_at=row.was_starts_at,
        difference_fen=row.difference_fen,
        overlaps=row.overlaps,
        asked_at=row.asked_at,
    )


def answer(*, actor: Actor, booking_id: UUID, stay: bool) -> None:
    """The resident stays (a difference goes back) or leaves free of charge. BookingNotFound, AlreadyAnswered."""
    access.own_booking(actor, booking_id)
    with work(REGION, actor=actor) as unit:
        booking = lock(booking_id)
        change = BookingChange.objects.filter(booking_id=booking_id, state=ChangeState.ASKED).first()
        if booking is None or change is None or booking.starts_at <= unit.now:
            raise AlreadyAnswered
        if stay:
            _stay(unit, booking, change, ChangeState.STAYED)
            return
        _end(unit, change, ChangeState.LEFT)
        try:
            advance_locked(unit, booking, Input.CANCEL_ASKED, Facts(reason=LEAVING))
        except NotAllowed as refusal:
            raise AlreadyAnswered(str(refusal)) from refusal


def _stay(unit: Unit, booking: Booking, change: BookingChange, state: ChangeState) -> None:
    _end(unit, change, state)
    paid = booking.settlement == Settlement.PAID and booking.order_id is not None
    if not (change.difference_fen and paid and booking.order_id):
        return
    refund = payments.refund_difference(
        unit, order_id=booking.order_id, amount_fen=change.difference_fen, reason=f"差额退回：{change.reason}"
    )
    if refund is not None:
        tell(unit, booking, "booking.difference", about=change.id, more={"fee": change.difference_fen})


def _end(unit: Unit, change: BookingChange, state: ChangeState) -> None:
    change.state = state
    change.answered_at = unit.now
    change.save(update_fields=["state", "answered_at"])
    unit.audit("booking.change_answered", target=f"booking:{change.booking_id}", detail={"answer": state.value})


def close_unanswered(limit: int = 200) -> int:
    """Visits that begin now with the question unanswered go on as arranged, with the difference back; how many."""
    with region(read_only=True):
        due = list(
            BookingChange.objects.filter(state=ChangeState.ASKED, starts_at__lte=clock.now())
            .order_by("starts_at")
            .values_list("booking_id", flat=True)[:limit]
        )
    for booking_id in due:
        with work(REGION, actor=SWEEPER) as unit:
            booking = lock(booking_id)
            change = BookingChange.objects.filter(
                booking_id=booking_id, state=ChangeState.ASKED, starts_at__lte=unit.now
            ).first()
            if booking is None or change is None:
                unit.audit("booking.change_answered", target=f"booking:{booking_id}", outcome="nothing_due")
                continue
            ended = booking.state not in {State.BOOKED, State.FULFILLED}
            _stay(unit, booking, change, ChangeState.LEFT if ended else ChangeState.LAPSED)
    return len(due)

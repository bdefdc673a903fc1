"""A patient says that he is there: by where his phone is, by a code on the wall, at a kiosk. Each by a deliberate act.

The position is judged here, on the server, and not kept: the audit holds the distance in steps of 50 metres.
"""

from __future__ import annotations

from uuid import UUID

from django.core import signing

from hub import clock
from hub.actor import Actor
from hub.errors import InvalidInput
from hub.work import Unit, work
from tenants.appointments import selectors as appointments
from tenants.appointments.errors import AppointmentNotFound
from tenants.appointments.models import Settlement
from tenants.appointments.models import State as AppointmentState
from tenants.queueing import steps
from tenants.queueing.errors import (
    AskTheDesk,
    CodeUnknown,
    NotToday,
    Outside,
    PositionUnsure,
    StillUnpaid,
    TooEarly,
    WayClosed,
    WrongRoom,
)
from tenants.queueing.models import Entry, EntryState, PresentBy
from tenants.queueing.presence import Position, Verdict, judge
from tenants.queueing.rules import Rules
from tenants.queueing.selectors import Person, current_rules, person_view
from tenants.registry import selectors as registry

_SALT = "queueing.door"
_STEP = 50


def door_code(hospital: str, department_id: UUID) -> str:
    """What the code on a clinic's wall says: signed, so that nobody can print one of his own; it never changes."""
    return signing.dumps([hospital, str(department_id)], salt=_SALT)


def read_door_code(text: str) -> tuple[str, UUID]:
    """The hospital and department of a code; CodeUnknown if it is none of ours."""
    try:
        hospital, department = signing.loads(text, salt=_SALT)
        return str(hospital), UUID(department)
    except (signing.BadSignature, ValueError, TypeError) as problem:
        raise CodeUnknown from problem


def by_place(*, actor: Actor, hospital: str, booking_id: UUID, position: Position) -> Person:
    """Check in by where the phone is.

    Raises WayClosed, Outside (with the distance), PositionUnsure, NotToday, StillUnpaid, TooEarly, AskTheDesk.
    """
    if not position.is_plausible():
        raise InvalidInput("手机没有给出有效的位置。")
    with work(hospital, actor=actor) as unit:
        rules = current_rules(unit.now)
        if not rules.by_place:
            raise WayClosed
        entry = _arrive(unit, booking_id, rules)
        _judge(unit, entry, position, rules)
        return person_view(steps.mark_present(unit, entry, by=PresentBy.PLACE))


def by_code(*, actor: Actor, hospital: str, booking_id: UUID, department_id: UUID) -> Person:
    """Check in by the code on the clinic's wall; WrongRoom when the booking is for another clinic."""
    with work(hospital, actor=actor) as unit:
        rules = current_rules(unit.now)
        if not rules.by_code:
            raise WayClosed
        entry = _arrive(unit, booking_id, rules)
        if entry.queue.department_id != department_id:
            raise WrongRoom(f"这是其他诊区的签到码。您的号在“{entry.queue.department_name}”，请到该诊区扫码。")
        return person_view(steps.mark_present(unit, entry, by=PresentBy.CODE))


def at_kiosk(*, actor: Actor, hospital: str, booking_id: UUID) -> Person:
    """Check in at a kiosk inside the hospital, by the code on the phone or on the slip."""
    with work(hospital, actor=actor) as unit:
        rules = current_rules(unit.now)
        if not rules.by_code:
            raise WayClosed
        return person_view(steps.mark_present(unit, _arrive(unit, booking_id, rules), by=PresentBy.KIOSK))


def _arrive(unit: Unit, booking_id: UUID, rules: Rules) -> Entry:
    """The entry of somebody who may check in now."""
    view = appointments.appointment(booking_id)
    if view is None:
        raise AppointmentNotFound
    if view.visit_date != steps.day_of(unit.now) or view.state is not AppointmentState.BOOKED:
        raise NotToday
    if view.settlement is Settlement.UNPAID:
        raise StillUnpaid
    opens = steps.arrival_opens(view.starts_at, rules)
    if unit.now < opens:
        raise TooEarly(f"还没到签到时间，{clock.local(opens):%H:%M} 起可以签到。")
    entry = steps.enter(unit, view, how="arrival")
    if entry.state == EntryState.PASSED and entry.missed > rules.missed_limit:
        raise AskTheDesk
    return entry


def _judge(unit: Unit, entry: Entry, position: Position, rules: Rules) -> None:
    place = registry.institution(unit.scope)
    campuses = [one for one in place.campuses if one.code == entry.queue.campus_code] or list(place.campuses)
    centres = [(one.latitude, one.longitude) for one in campuses] or [(place.latitude, place.longitude)]
    found = judge(position, [rules.centre] if rules.centre else centres, radius=rules.fence_metres)
    far = round(found.distance / _STEP) * _STEP
    unit.audit("queueing.position", target=f"entry:{entry.id}", detail={"verdict": found.verdict, "metres": far})
    if found.verdict is Verdict.OUTSIDE:
        raise Outside(f"您距医院约 {_distance(far)}，到达 {rules.fence_metres} 米内才能签到。到院后请再试。")
    if found.verdict is Verdict.UNSURE:
        raise PositionUnsure(
            f"手机定位误差约 {position.accuracy:.0f} 米，还不能确认您已到院。请走到开阔处再试，或扫诊区签到码、到前台签到。"
        )


def _distance(metres: int) -> str:
    return f"{metres / 1000:.1f} 公里" if metres >= 1000 else f"{metres} 米"

"""Checking in at a machine in the hospital's hall: whoever stands there holds up a code or types a number.

The machine is the actor, with one permission and its own departments; what it may learn is today's visits of that one
number. What was shown or typed is in no row and no log.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from hub import clock
from hub.actor import Actor, ActorKind
from hub.security.permissions import require
from hub.tenancy.scope import hospital as scope
from hub.work import Unit, work
from tenants.appointments import selectors as appointments
from tenants.appointments.models import State as AppointmentState
from tenants.appointments.selectors import AppointmentView, Criteria
from tenants.patients import selectors as patients
from tenants.queueing import steps
from tenants.queueing.errors import (
    AlreadyOver,
    KioskRefused,
    NothingForHolder,
    NothingOfToday,
    NotOpenAtKiosk,
    NotPaidYet,
    OfAnotherDay,
)
from tenants.queueing.models import PresentBy
from tenants.queueing.permissions import KIOSK
from tenants.queueing.rules import Way
from tenants.queueing.selectors import DeviceView, current_rules

LIMIT = 20
_DOCUMENT = re.compile(r"(?=.*\d)[A-Z0-9()-]{7,20}")


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """A visit of today whose patient is there, and the queue it waits in. Ids only: it may be kept for a minute."""

    booking_id: UUID
    queue_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What was held up or typed: whose card it is, else a number (of a booking, a registration, a document).

    `person_id`: a person of ours; `document`: the whole number, by the word of the card's issuer.
    """

    number: str = ""
    person_id: UUID | None = None
    document: str = ""


def machine(hospital: str, device: DeviceView, *, ip: str = "", request_id: str = "") -> Actor:
    """Who acts at a machine: the machine, at its hospital, for its departments, with no other permission."""
    return Actor(
        kind=ActorKind.DEVICE,
        id=device.id,
        name=f"签到机 {device.name}",
        institution=hospital,
        permissions=frozenset({KIOSK}),
        departments=frozenset(device.departments) or None,
        ip=ip,
        device=str(device.id),
        request_id=request_id,
    )


def check_in(*, actor: Actor, hospital: str, shown: Shown) -> tuple[CheckedIn, ...]:
    """Everything today that these people have at this hospital and this machine serves, in order of time.

    A repeat finds the same and changes nothing. A refusal stands in the audit too. Raises a KioskRefused.
    """
    require(actor, KIOSK)
    with work(hospital, actor=actor) as unit:
        found = _found(unit, actor, hospital, shown)
        if isinstance(found, list):
            return tuple(_check_in(unit, view) for view in found)
        _note(unit, found.code)
    raise found


def require_open(*, actor: Actor, hospital: str) -> None:
    """Refuse where the rules don't allow machines, before anybody outside is asked whose card it is."""
    require(actor, KIOSK)
    with scope(hospital, read_only=True):
        allowed = Way.KIOSK in current_rules(clock.now()).ways
    if not allowed:
        note_refusal(actor=actor, hospital=hospital, why=NotOpenAtKiosk.code)
        raise NotOpenAtKiosk


def note_refusal(*, actor: Actor, hospital: str, why: str) -> None:
    """A refusal that was found elsewhere stands in this hospital's audit like the machine's own."""
    require(actor, KIOSK)
    with work(hospital, actor=actor) as unit:
        _note(unit, why)


def _note(unit: Unit, why: str) -> None:
    machine_id = str(unit.actor.id)
    unit.audit(
        "queueing.kiosk_refused",
        target=f"device:{machine_id}",
        outcome="refused",
        detail={"device": machine_id, "why": why},
    )


def _check_in(unit: Unit, view: AppointmentView) -> CheckedIn:
    entry = steps.mark_present(unit, steps.enter(unit, view, how=PresentBy.KIOSK), by=PresentBy.KIOSK)
    unit.audit(
        "queueing.kiosk_checked_in",
        target=f"booking:{view.id}",
        detail={"way": Way.KIOSK, "device": str(unit.actor.id), "entry": str(entry.id)},
    )
    return CheckedIn(view.id, entry.queue_id)


def _found(unit: Unit, actor: Actor, hospital: str, shown: Shown) -> list[AppointmentView] | KioskRefused:
    """The visits to check in, locked later in one order; or why there are none."""
    if Way.KIOSK not in current_rules(unit.now).ways:
        return NotOpenAtKiosk()
    today = steps.day_of(unit.now)
    named = _by_number(actor, shown.number) if shown.number else []
    rows = [row for row in named if row.visit_date == today] or _of_people(actor, hospital, shown, today)
    due = [row for row in rows if steps.is_due(row, today)]
    if due:
        return sorted(due, key=lambda row: (row.starts_at, row.id))
    if any(row.state is AppointmentState.BOOKED for row in rows):
        return NotPaidYet()
    if rows:
        return AlreadyOver()
    if named:
        return OfAnotherDay()
    return NothingForHolder() if shown.person_id or shown.document else NothingOfToday()


def _by_number(actor: Actor, number: str) -> list[AppointmentView]:
    return appointments.search(Criteria(number=number, departments=actor.departments), limit=LIMIT)


def _of_people(actor: Actor, hospital: str, shown: Shown, today: date) -> list[AppointmentView]:
    """Today's appointments of the card's person, or of whom this is the whole number of a document."""
    typed = (shown.document or shown.number).strip().upper()
    if shown.person_id is not None:
        people = {shown.person_id}
    elif _DOCUMENT.fullmatch(typed):
        people = {row.person_id for row in patients.find(hospital, document=typed)}
    else:
        return []
    wanted = Criteria(person_ids=tuple(people), since=today, until=today, departments=actor.departments)
    return appointments.search(wanted, limit=LIMIT)

"""Re-deriving one appointment: the hospital's own system is asked what it knows, and both are laid side by side.

The question is a committed ask like any other; the answer is compared when it is looked at, nothing is changed by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from hub.actor import Actor
from hub.errors import Conflict
from hub.ids import uuid7
from hub.security.permissions import require
from hub.work import work
from institution_connectors.catalog import selectors as connectors
from institution_connectors.contracts import Operation
from institution_connectors.contracts.results import Found, OutcomeChecked
from institution_connectors.exchange import selectors as exchange
from institution_connectors.exchange import steps as exchange_steps
from institution_connectors.exchange.models import State as AskState
from tenants.appointments import steps
from tenants.appointments.errors import AppointmentNotFound
from tenants.appointments.models import Appointment, HisState
from tenants.appointments.permissions import COMPARE

PATIENCE = timedelta(minutes=2)


class CannotCompare(Conflict):
    """The hospital's system answers no such question, or was never told of the appointment."""

    code = "appointments.cannot_compare"
    text = "医院系统还没有收到这个预约的登记，没有可比对的内容。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What the hub and the hospital's system say, and whether they agree."""

    asked_at: datetime
    waiting: bool
    here: str
    there: str
    agrees: bool


def ask(*, actor: Actor, hospital: str, booking_id: UUID) -> None:
    """Ask the hospital's system. AppointmentNotFound, CannotCompare."""
    require(actor, COMPARE)
    if not connectors.can(hospital, Operation.CHECK_OUTCOME):
        raise CannotCompare("本院系统不支持结果核对。")
    with work(hospital, actor=actor) as unit:
        row = steps.lock_row(booking_id)
        if row is None or not actor.sees(row.department_id):
            raise AppointmentNotFound
        if row.his_state == HisState.NONE:
            raise CannotCompare
        exchange_steps.ask_outcome(
            unit,
            hub_number=row.hub_number,
            asked=Operation.REGISTER,
            key=f"compare:{uuid7()}",
            correlation=_correlation(booking_id),
            deadline=unit.now + PATIENCE,
        )
        unit.audit("appointment.compare_asked", target=f"appointment:{booking_id}")


def latest(booking_id: UUID) -> Comparison | None:
    """The last comparison, inside the hospital's scope; None if nobody asked. Three queries."""
    asked = exchange.exchanges(correlation=_correlation(booking_id), limit=1)
    row = Appointment.objects.filter(id=booking_id).first()
    if not asked or row is None:
        return None
    [one] = asked
    here = HisState(row.his_state).label
    if one.state in (AskState.OPEN, AskState.UNKNOWN):
        return Comparison(asked_at=one.asked_at, waiting=True, here=here, there="", agrees=False)
    there, stands = _said(one.id, one.state)
    expects = row.his_state in (HisState.REGISTERED, HisState.CANCELLING)
    return Comparison(asked_at=one.asked_at, waiting=False, here=here, there=there, agrees=stands is expects)


def _said(exchange_id: UUID, state: AskState) -> tuple[str, bool | None]:
    """The hospital's words, and whether it holds the registration; None where it did not say."""
    answer = exchange.answer(exchange_id)
    if state is AskState.REJECTED:
        return f"没有回答：{answer.reason.text}", None
    return _FOUND[answer.expect(OutcomeChecked).found]


_FOUND: dict[Found, tuple[str, bool | None]] = {
    Found.DONE: ("已登记", True),
    Found.ABSENT: ("没有这个登记", False),
    Found.UNDONE: ("登记后已退号", False),
}


def _correlation(booking_id: UUID) -> str:
    return f"compare:{booking_id}"

"""What an `Appointment` says: a lock, a registration, its ticket, its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from institution_connectors.adapters.fhir_r4.errors import Incomplete
from institution_connectors.adapters.fhir_r4.mapping import systems
from institution_connectors.adapters.fhir_r4.mapping.node import Node
from institution_connectors.contracts import (
    Cancelled,
    CheckedIn,
    Done,
    Found,
    Locked,
    Operation,
    OutcomeChecked,
    Registered,
    Registration,
    RegistrationState,
    Result,
)

STATUSES: Final = frozenset(
    {"proposed", "pending", "booked", "arrived", "fulfilled", "cancelled", "noshow", "entered-in-error", "checked-in",
     "waitlist"}
)  # fmt: skip
STANDING: Final = ("booked", "arrived", "checked-in", "fulfilled", "cancelled", "noshow")
STATES: Final = {
    "booked": RegistrationState.BOOKED,
    "arrived": RegistrationState.ARRIVED,
    "checked-in": RegistrationState.ARRIVED,
    "fulfilled": RegistrationState.DONE,
    "noshow": RegistrationState.BOOKED,
    "cancelled": RegistrationState.CANCELLED,
}
REASONS: Final = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
BY_PATIENT, BY_PROVIDER = "pat", "prov"


def outcome(node: Node, asked: Operation) -> OutcomeChecked:
    """What became of a request that is found in an appointment."""
    status = node.code("status", {known: known for known in STATUSES})
    if asked in {Operation.REGISTER, Operation.LOCK_NUMBER} and status in {"cancelled", "entered-in-error"}:
        return OutcomeChecked(found=Found.UNDONE)
    return OutcomeChecked(found=Found.DONE, result=_RESULTS[asked](node))


def locked(node: Node) -> Locked:
    """A pending appointment; its version is part of the lock, so that the registration replaces this very one."""
    _must_be(node, "pending")
    if not node.version:
        raise Incomplete(f"{node.path}.meta.versionId")
    return Locked(
        lock_code=f"{node.id}/_history/{node.version}",
        number_code=slot_of(node),
        sequence=node.need_extension("sequence").integer("valueInteger"),
        expires_at=node.need_extension("expires-at").instant("valueDateTime"),
    )


def registered(node: Node) -> Registered:
    """An appointment that stands, or stood."""
    _must_be(node, *STANDING)
    place = ""
    for taking_part in node.nodes("participant"):
        actor = taking_part.maybe("actor")
        if actor is not None and actor.optional("type") == "Location":
            place = actor.optional("display")
    return Registered(
        his_number=his_number(node),
        his_patient_id=participant(node, "Patient"),
        sequence=node.need_extension("sequence").integer("valueInteger"),
        place=place,
        receipt_number=node.identifier(systems.RECEIPT),
    )


def checked_in(node: Node) -> CheckedIn:
    """The ticket of an appointment that arrived."""
    queue = node.need_extension("queue")
    ahead = queue.extension("ahead")
    return CheckedIn(
        ticket=queue.need_extension("ticket").text("valueString"),
        ahead=ahead.integer("valueInteger") if ahead is not None else None,
        place=queue.said("place"),
    )


def cancelled(node: Node) -> Cancelled:
    """An appointment that is cancelled."""
    _must_be(node, "cancelled")
    refund = node.extension("refund")
    receipt = refund.said("receipt-number") if refund is not None else ""
    return Cancelled(his_number=his_number(node), receipt_number=receipt)


def his_number(node: Node) -> str:
    """The number the hospital writes on slips, else the id."""
    return node.identifier(systems.REGISTRATION) or node.id


_RESULTS: Final[dict[Operation, Callable[[Node], Result]]] = {
    Operation.LOCK_NUMBER: locked,
    Operation.UNLOCK_NUMBER: lambda _: Done(),
    Operation.REGISTER: registered,
    Operation.PAY_REGISTRATION: registered,
    Operation.CHECK_IN: checked_in,
    Operation.TELL_VISIT: lambda _: Done(),
    Operation.CANCEL_REGISTRATION: cancelled,
}
OUTCOMES: Final = frozenset(_RESULTS)


def _must_be(node: Node, *statuses: str) -> None:
    status = node.code("status", {known: known for known in STATUSES})
    if status not in statuses:
        raise Incomplete(f"{node.path}.status", f"is {status}, not {' or '.join(statuses)}")


def slot_of(node: Node) -> str:
    return node.first("slot").target("Slot")


def participant(node: Node, kind: str) -> str:
    for taking_part in node.nodes("participant"):
        actor = taking_part.maybe("actor")
        if actor is not None and actor.points_at(kind):
            return actor.target(kind)
    raise Incomplete(f"{node.path}.participant.actor", f"names no {kind}")


def registration(node: Node, slot: Node | None) -> Registration:
    if slot is None:
        raise Incomplete(f"{node.path}.slot", "is not included in the answer")
    payment = node.extension("payment")
    return Registration(
        hub_number=node.identifier(systems.REQUEST, str(Operation.REGISTER)),
        his_number=his_number(node),
        his_patient_id=participant(node, "Patient"),
        schedule_code=slot.reference("schedule", "Schedule"),
        number_code=slot.id,
        sequence=slot.need_extension("sequence").integer("valueInteger"),
        starts=node.instant("start"),
        state=_state(node, paid=payment is not None),
        fee_fen=node.need_extension("fee").money("valueMoney"),
        order_number=payment.said("order-number") if payment is not None else "",
    )


def _state(node: Node, *, paid: bool) -> RegistrationState:
    state: RegistrationState = node.code("status", STATES)
    if state is RegistrationState.BOOKED and paid:
        return RegistrationState.PAID
    reason = node.coding("cancelationReason", REASONS) if state is RegistrationState.CANCELLED else None
    if reason is not None and reason.optional("code").startswith(BY_PROVIDER):
        return RegistrationState.STOPPED
    return state

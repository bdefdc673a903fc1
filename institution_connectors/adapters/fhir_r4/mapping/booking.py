"""Booking with `Appointment`: the hub proposes (a lock, a registration) or changes what it read; the HIS decides."""

from __future__ import annotations

from typing import Any

from hub import clock
from institution_connectors.adapters.fhir_r4.client import Stale
from institution_connectors.adapters.fhir_r4.errors import Incomplete
from institution_connectors.adapters.fhir_r4.mapping import changing, systems
from institution_connectors.adapters.fhir_r4.mapping.appointments import (
    BY_PATIENT,
    REASONS,
    STANDING,
    STATES,
    cancelled,
    checked_in,
    his_number,
    locked,
    participant,
    registered,
    registration,
    slot_of,
)
from institution_connectors.adapters.fhir_r4.mapping.node import Node
from institution_connectors.adapters.fhir_r4.mapping.patients import replaced_by, subject
from institution_connectors.adapters.fhir_r4.talk import Params, Talk, own_number
from institution_connectors.contracts import (
    Answer,
    Cancelled,
    CancelRegistration,
    CheckedIn,
    CheckIn,
    Command,
    Done,
    FeeItem,
    FeeQuote,
    ListRegistrations,
    Locked,
    LockNumber,
    Operation,
    Payment,
    PayRegistration,
    QueuePlace,
    QueueState,
    QuoteFee,
    Reason,
    Refund,
    Register,
    Registered,
    Registrations,
    RegistrationState,
    UnlockNumber,
    WaitingQueue,
)
from institution_connectors.http import CallFailed

_CREATED = 201


def quote_fee(talk: Talk, request: QuoteFee) -> FeeQuote:
    """`Schedule/<id>/$quote`: a draft `Invoice` for this person."""
    parameters = {
        "resourceType": "Parameters",
        "parameter": [{"name": "patient", "resource": subject(request.patient)}],
    }
    invoice = talk.evaluate(f"Schedule/{request.schedule_code}/$quote", parameters, "Invoice")
    items = []
    for line in invoice.nodes("lineItem"):
        concept = line.node("chargeItemCodeableConcept")
        items.append(
            FeeItem(
                code=concept.within("coding", "code"),
                name=concept.text("text"),
                amount_fen=line.first("priceComponent").money("amount"),
            )
        )
    until = invoice.extension("valid-until")
    return FeeQuote(
        total_fen=invoice.money("totalNet"),
        items=tuple(items),
        discount=invoice.within("note", "text"),
        valid_until=until.instant("valueDateTime") if until is not None else None,
    )


def lock_number(talk: Talk, request: LockNumber) -> Locked:
    """Proposed with `hold`; the hospital answers `pending` and until when."""
    wanted = _proposal(request, request.number_code, request.patient.his_id)
    wanted["extension"] = [systems.extension("hold", valueBoolean=True)]
    return locked(_created(talk, request, wanted, request.number_code, request.patient.his_id))


def unlock_number(talk: Talk, request: UnlockNumber) -> Done:
    """Cancelled while it is pending; a lock that is gone already needs nothing."""
    node = changing.known(talk, request.lock_number, "")
    if node.text("status") == "pending":
        changing.changed(talk, node, request, _without_lock)
    return Done()


def register(talk: Talk, request: Register) -> Registered:
    """Proposed: as a new appointment, or as the next version of the one that holds the lock."""
    wanted = _proposal(request, request.number_code, request.patient.his_id)
    wanted["extension"] = [systems.extension("fee", valueMoney=systems.yuan(request.fee_fen))]
    if request.payment is not None:
        wanted["extension"].append(_payment(request.payment))
    if not request.lock_code:
        return registered(_created(talk, request, wanted, request.number_code, request.patient.his_id))
    held, _, version = request.lock_code.partition("/_history/")
    lock = systems.identifier(systems.REQUEST, request.lock_number, str(Operation.LOCK_NUMBER))
    wanted = {**wanted, "id": held, "identifier": [lock, *wanted["identifier"]]}
    try:
        return changing.answered(talk.update(wanted, version=version), request, registered)
    except Stale:
        return _of_a_changed_lock(talk, request, held, wanted)


def pay_registration(talk: Talk, request: PayRegistration) -> Registered:
    """The appointment with its payment."""
    node = changing.known(talk, request.registration_number, request.his_number)
    paid = _payment(request.payment)

    def pay(now: Node) -> dict[str, Any]:
        return {"extension": [*changing.extensions(now, "payment"), paid]}

    return changing.answered(changing.changed(talk, node, request, pay), request, registered)


def check_in(talk: Talk, request: CheckIn) -> CheckedIn:
    """The appointment as `arrived`; the hospital answers with the ticket."""
    node = changing.known(talk, request.registration_number, request.his_number)
    return changing.answered(
        changing.changed(talk, node, request, lambda _: {"status": "arrived"}), request, checked_in
    )


def cancel_registration(talk: Talk, request: CancelRegistration) -> Cancelled:
    """The appointment as `cancelled`, with its refund if it was paid."""
    node = changing.known(talk, request.registration_number, request.his_number)
    if node.text("status") == "cancelled":
        return Cancelled(his_number=his_number(node), already=True)
    reason = {"coding": [{"system": REASONS, "code": BY_PATIENT}], "text": request.reason or "患者取消"}
    refund = [_refund(request.refund)] if request.refund is not None else []

    def cancel(now: Node) -> dict[str, Any]:
        change: dict[str, Any] = {"status": "cancelled", "cancelationReason": reason}
        return change | ({"extension": [*changing.extensions(now, "refund"), *refund]} if refund else {})

    return changing.answered(changing.changed(talk, node, request, cancel), request, cancelled)


def list_registrations(talk: Talk, request: ListRegistrations) -> Registrations:
    """Those with a request number of ours; locks are none."""
    params: Params = [
        ("date", f"ge{request.first_day}"),
        ("date", f"le{request.last_day}"),
        ("identifier", f"{systems.REQUEST}|"),
        ("status", ",".join(STANDING)),
        ("_include", "Appointment:slot"),
    ]
    if request.his_patient_id:
        params.append(("patient", f"Patient/{request.his_patient_id}"))
    found = talk.search("Appointment", params)
    rows = tuple(registration(node, found.include("Slot", slot_of(node))) for node in found.matches)
    return Registrations(registrations=rows, total=found.counted(len(rows)))


def waiting_queue(talk: Talk, request: WaitingQueue) -> QueueState:
    """The queue of an appointment that arrived."""
    node = changing.known(talk, request.registration_number, request.his_number)
    queue = node.extension("queue")
    if queue is None or STATES.get(node.text("status")) is not RegistrationState.ARRIVED:
        return QueueState(places=())
    place = QueuePlace(
        department_code=participant(node, "HealthcareService"),
        ticket=queue.need_extension("ticket").text("valueString"),
        ahead=queue.need_extension("ahead").integer("valueInteger"),
        place=queue.said("place"),
        now_serving=queue.said("now-serving"),
    )
    return QueueState(places=(place,))


# -- parts


def _without_lock(now: Node) -> dict[str, Any] | None:
    return {"status": "cancelled"} if now.text("status") == "pending" else None


def _proposal(request: Command, slot: str, patient: str) -> dict[str, Any]:
    return {
        "resourceType": "Appointment",
        "identifier": [systems.identifier(systems.REQUEST, request.hub_number, str(request.operation))],
        "status": "proposed",
        "slot": [{"reference": f"Slot/{slot}"}],
        "participant": [{"actor": {"reference": f"Patient/{patient}"}, "status": "needs-action"}],
    }


def _created(talk: Talk, request: Command, wanted: dict[str, Any], slot: str, patient: str) -> Node:
    """The new appointment, or the one our number made before; a number used for another content is refused (F2)."""
    made, reply = talk.create(wanted, unless=f"identifier={systems.REQUEST}|{request.hub_number}")
    if made is None:
        raise Incomplete("Appointment", "is missing: the answer has no body")
    own_number(made, request.hub_number)
    if reply.status == _CREATED:
        return made
    if slot_of(made) != slot or not _is_of(talk, participant(made, "Patient"), patient):
        talk.wrote = False
        raise CallFailed(
            Answer.rejected(Reason.NUMBER_REUSED, text="the number belongs to another slot or patient", code="200")
        )
    return made


def _is_of(talk: Talk, found: str, wanted: str) -> bool:
    """Whether an archive is the wanted one, or the one it was merged into since (F14)."""
    return found == wanted or replaced_by(talk.read("Patient", wanted)) == found


def _of_a_changed_lock(talk: Talk, request: Register, held: str, wanted: dict[str, Any]) -> Registered:
    """The version of the lock is gone: registered by us before, touched by the hospital, or run out."""
    try:
        node = talk.read("Appointment", held)
    except CallFailed as failure:
        if failure.answer.reason is not Reason.NOT_FOUND:
            raise
        raise changing.refused(Reason.LOCK_EXPIRED, "the lock is gone") from failure
    if node.identifier(systems.REQUEST, str(Operation.REGISTER)) == request.hub_number:
        if slot_of(node) != request.number_code or not _is_of(
            talk, participant(node, "Patient"), request.patient.his_id
        ):
            raise changing.refused(Reason.NUMBER_REUSED, "the number belongs to another slot or patient")
        return registered(node)
    if node.text("status") != "pending":
        raise changing.refused(Reason.LOCK_EXPIRED, f"the lock is {node.text('status')}")
    return changing.answered(talk.update(wanted, version=node.version), request, registered)


def _payment(payment: Payment) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"url": "order-number", "valueString": payment.order_number},
        {"url": "amount", "valueMoney": systems.yuan(payment.amount_fen)},
        {"url": "channel", "valueString": payment.channel},
        {"url": "channel-number", "valueString": payment.channel_number},
        {"url": "paid-at", "valueDateTime": clock.local(payment.paid_at).isoformat(timespec="seconds")},
    ]
    return systems.extension("payment", extension=[part for part in parts if part.get("valueString") != ""])


def _refund(refund: Refund) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"url": "refund-number", "valueString": refund.refund_number},
        {"url": "order-number", "valueString": refund.order_number},
        {"url": "amount", "valueMoney": systems.yuan(refund.amount_fen)},
    ]
    if refund.refunded_at is not None:
        at = clock.local(refund.refunded_at).isoformat(timespec="seconds")
        parts.append({"url": "refunded-at", "valueDateTime": at})
    return systems.extension("refund", extension=parts)

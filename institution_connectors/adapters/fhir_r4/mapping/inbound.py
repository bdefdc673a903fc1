"""Facts out of what a hospital's server notifies: one resource of a subscription, or a collection of sessions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from institution_connectors.adapters.fhir_r4.errors import Incomplete, Unreadable
from institution_connectors.adapters.fhir_r4.mapping import (
    appointments,
    bills,
    directory,
    patients,
    records,
    systems,
    visits,
)
from institution_connectors.adapters.fhir_r4.mapping.node import Node
from institution_connectors.contracts import (
    Fact,
    NumberState,
    NumberTaken,
    ResultReported,
    ScheduleSnapshot,
    SessionStopped,
)

# Reports on their way through the laboratory are nobody's business yet; `F`, `C` as HL7 v2 has it.
_REPORT_STATES: Final = {
    "final": "F",
    "amended": "C",
    "corrected": "C",
    "appended": "C",
    "partial": "P",
    "preliminary": "P",
}


def facts_of(node: Node) -> tuple[Fact, ...]:
    """What this resource tells; nothing is a fact too: it is well made and concerns nobody here."""
    if node.kind not in TELLS:
        known = ", ".join(sorted(TELLS))
        raise Unreadable("not-supported", "resourceType", f"{node.kind[:40]} is none of {known}")
    return TELLS[node.kind](node)


def mark(node: Node) -> str:
    """The number of a notification: the resource in this version; empty where the server keeps no versions."""
    if node.kind == "Bundle":
        return node.within("identifier", "value")
    return f"{node.kind}/{node.id}/_history/{node.version}" if node.version else ""


def _schedule(node: Node) -> tuple[Fact, ...]:
    session = directory.schedule(node)
    if directory.is_stopped(node):
        stop = directory.stop(node)
        return (SessionStopped(occurred_at=stop.decided_at or _at(node), stop=stop),)
    snapshot = ScheduleSnapshot(
        occurred_at=_at(node),
        snapshot_id=mark(node) or node.id,
        first_day=session.day,
        last_day=session.day,
        schedules=(session,),
    )
    return (snapshot,)


def _slot(node: Node) -> tuple[Fact, ...]:
    number = directory.number(node)
    if number.state is NumberState.STOPPED:
        return ()  # its schedule tells the stop
    taken = NumberTaken(
        occurred_at=_at(node),
        schedule_code=number.schedule_code,
        number_code=number.code,
        sequence=number.sequence,
        free=number.state is NumberState.FREE,
    )
    return (taken,)


def _bundle(node: Node) -> tuple[Fact, ...]:
    kind = node.text("type")
    if kind != "collection":
        raise Unreadable("not-supported", "Bundle.type", f"{kind[:20]} is not taken here, only collection")
    resources = [Node.resource(entry.data.get("resource"), f"{entry.path}.resource") for entry in node.nodes("entry")]
    if odd := next((one for one in resources if one.kind not in {"Schedule", "Slot"}), None):
        raise Unreadable("not-supported", odd.path, "a collection holds Schedule and Slot only")
    schedules = tuple(directory.schedule(one) for one in resources if one.kind == "Schedule")
    numbers = tuple(directory.number(one) for one in resources if one.kind == "Slot")
    if not schedules:
        raise Incomplete("Bundle.entry", "holds no Schedule")
    told = {session.code for session in schedules}
    if lost := next((number for number in numbers if number.schedule_code not in told), None):
        raise Unreadable("value", "Bundle.entry", f"Slot/{lost.code} belongs to no Schedule of this collection")
    days = sorted(session.day for session in schedules)
    snapshot = ScheduleSnapshot(
        occurred_at=node.instant("timestamp"),
        snapshot_id=node.node("identifier").text("value"),
        first_day=days[0],
        last_day=days[-1],
        schedules=schedules,
        numbers=numbers,
        sessions_with_numbers=tuple(session.code for session in schedules),
        complete=node.tagged("complete"),
    )
    return (snapshot,)


def _patient(node: Node) -> tuple[Fact, ...]:
    _ = node.id
    kept = patients.replaced_by(node)
    if kept is not None:
        return (patients.merged(node, kept),)
    directory.name_of(node)
    for identifier in node.nodes("identifier"):
        identifier.optional("value")
    return ()


def _report(node: Node) -> tuple[Fact, ...]:
    records.title_of(node)
    node.code("status", records.APPROVED)
    status = _REPORT_STATES.get(node.text("status"))
    if status is None:
        return ()
    whose = node.node("subject")
    return (
        ResultReported(
            occurred_at=node.instant("issued"),
            his_patient_id=whose.target("Patient"),
            report_code=node.id,
            title=records.title_of(node),
            status=status,
            his_number=node.identifier(systems.REGISTRATION),
        ),
    )


def _appointment(node: Node) -> tuple[Fact, ...]:
    """Nothing beyond what encounters, slots and schedules tell; a broken one is refused all the same."""
    status = node.code("status", {known: known for known in appointments.STATUSES})
    for participant in (participants := list(node.nodes("participant"))):
        participant.text("status")
    if not participants:
        raise Incomplete(f"{node.path}.participant")
    if status not in {"proposed", "cancelled", "waitlist"}:
        node.instant("start")
        node.instant("end")
    return ()


def _charge(node: Node) -> tuple[Fact, ...]:
    node.text("status")
    node.node("code")
    node.reference("subject", "Patient", "Group")
    if node.has("priceOverride"):
        node.money("priceOverride")
    return ()


def _invoice(node: Node) -> tuple[Fact, ...]:
    bills.check(node)
    return ()


def _at(node: Node) -> datetime:
    return node.node("meta").instant("lastUpdated")


TELLS: Final[dict[str, Callable[[Node], tuple[Fact, ...]]]] = {
    "Appointment": _appointment,
    "Bundle": _bundle,
    "ChargeItem": _charge,
    "DiagnosticReport": _report,
    "Encounter": visits.present,
    "Invoice": _invoice,
    "MedicationDispense": visits.dispensed_now,
    "Patient": _patient,
    "Schedule": _schedule,
    "Slot": _slot,
}

"""Steps of visits: `Encounter` and its history of states, `MedicationDispense` of what it brought; told the other way,
where the hub calls, on the `Appointment`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from hub import clock
from institution_connectors.adapters.fhir_r4.mapping import changing, systems
from institution_connectors.adapters.fhir_r4.mapping.node import Node
from institution_connectors.adapters.fhir_r4.talk import Params, Talk
from institution_connectors.contracts import (
    DispensingPlace,
    DispensingQueue,
    Done,
    ListVisitEvents,
    MedicineDispatched,
    MedicineReady,
    Operation,
    PharmacyQueue,
    TellVisit,
    VisitEvent,
    VisitEventKind,
    VisitFact,
    VisitReport,
    VisitReports,
)

# FHIR's states of an encounter; what is None tells a resident nothing.
ENCOUNTER: Final = {
    "planned": None,
    "arrived": VisitEventKind.ARRIVED,
    "triaged": None,
    "in-progress": VisitEventKind.CALLED,
    "onleave": VisitEventKind.MISSED,
    "finished": VisitEventKind.VISIT_ENDED,
    "cancelled": None,
    "entered-in-error": None,
    "unknown": None,
}
DISPENSE: Final = {
    state: state
    for state in ("preparation", "in-progress", "cancelled", "on-hold", "completed", "entered-in-error", "stopped",
                  "declined", "unknown")
}  # fmt: skip
READY: Final = "in-progress"
# What a step told by the hub makes of an appointment, and from which states: a later one is never taken back.
_LED_ON: Final[dict[VisitEventKind, tuple[str, frozenset[str]]]] = {
    VisitEventKind.ARRIVED: ("arrived", frozenset({"booked", "checked-in"})),
    VisitEventKind.VISIT_ENDED: ("fulfilled", frozenset({"booked", "checked-in", "arrived"})),
}


def list_visit_events(talk: Talk, request: ListVisitEvents) -> VisitReports:
    """All steps of what was touched since: one noted late is told too, one told before is known by its number."""
    since = ("_lastUpdated", f"ge{request.since.isoformat(timespec='seconds')}")
    params: Params = [since, ("class", f"{systems.ENCOUNTER_CLASS}|AMB")]
    encounters = talk.search("Encounter", params)
    dispenses = talk.search("MedicationDispense", [since])
    reports = [report for node in encounters.matches for report in steps(node)]
    reports += [report for node in dispenses.matches for report in dispensed(node)]
    reports.sort(key=lambda report: report.fact.occurred_at)
    missing = encounters.total - len(encounters.matches) + dispenses.total - len(dispenses.matches)
    return VisitReports(reports=tuple(reports), total=len(reports) + missing)


def tell_visit(talk: Talk, request: TellVisit) -> Done:
    """The appointment with the step in its extension `visit-step`; FHIR has a status for coming and ending alone."""
    node = changing.known(talk, request.registration_number, request.his_number)
    step = _step(talk, request)

    def led_on(now: Node) -> dict[str, Any]:
        before = now.text("status")
        after, out_of = _LED_ON.get(request.kind, (before, frozenset[str]()))
        return {
            "status": after if before in out_of else before,
            "extension": [*changing.extensions(now, "visit-step"), step],
        }

    return changing.answered(changing.changed(talk, node, request, led_on), request, lambda _: Done())


def pharmacy_queue(talk: Talk, request: PharmacyQueue) -> DispensingQueue:
    """What is being prepared, or lies ready."""
    params = [("subject", f"Patient/{request.his_patient_id}"), ("status", f"preparation,{READY}")]
    return DispensingQueue(places=tuple(map(_place, talk.search("MedicationDispense", params).matches)))


def steps(node: Node) -> list[VisitReport]:
    """Every step of an `Encounter`, from its history and its present state."""
    reports = {}
    for item in [*node.nodes("statusHistory"), node]:
        kind = item.code("status", ENCOUNTER)
        at = _since(item)
        if kind is not None and at is not None:
            number = f"Encounter/{node.id}#{kind.value}@{at.isoformat()}"
            reports[number] = VisitReport(event_number=number, fact=_event(node, kind, at))
    return list(reports.values())


def present(node: Node) -> tuple[VisitFact, ...]:
    """The step an `Encounter` has come to."""
    kind = node.code("status", ENCOUNTER)
    at = _since(node) or _touched(node)
    return (_event(node, kind, at),) if kind is not None else ()


def dispensed(node: Node) -> list[VisitReport]:
    """What a `MedicationDispense` tells: ready to be fetched, given to a courier."""
    node.code("status", DISPENSE)
    reports = []
    if node.has("whenPrepared"):
        number = f"MedicationDispense/{node.id}#ready@{node.instant('whenPrepared').isoformat()}"
        reports.append(VisitReport(event_number=number, fact=_ready(node)))
    if node.extension("parcel") is not None:
        number = f"MedicationDispense/{node.id}#dispatched@{node.instant('whenHandedOver').isoformat()}"
        reports.append(VisitReport(event_number=number, fact=_sent(node)))
    return reports


def dispensed_now(node: Node) -> tuple[VisitFact, ...]:
    """The step a `MedicationDispense` has come to."""
    state = node.code("status", DISPENSE)
    if node.extension("parcel") is not None:
        return (_sent(node),)
    return (_ready(node),) if state == READY and node.has("whenPrepared") else ()


def _step(talk: Talk, request: TellVisit) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"url": "step", "valueCode": request.kind.value},
        {"url": "at", "valueDateTime": clock.local(request.occurred_at).isoformat(timespec="seconds")},
    ]
    for name, said in (("ticket", request.ticket), ("place", request.place)):
        if said:
            parts.append({"url": name, "valueString": talk.text(name, said)})
    return systems.extension("visit-step", extension=parts)


def _since(node: Node) -> datetime | None:
    """Since when a state holds: an entry of the history says so, an encounter by its last entry of that state."""
    if node.kind != "Encounter":
        return node.node("period").instant("start")
    status = node.text("status")
    of_state = [item for item in node.nodes("statusHistory") if item.text("status") == status]
    return of_state[-1].node("period").instant("start") if of_state else None


def _touched(node: Node) -> datetime:
    """When a resource was changed; an encounter without a version by its period."""
    meta = node.maybe("meta")
    if meta is not None and meta.has("lastUpdated"):
        return meta.instant("lastUpdated")
    period = node.node("period")
    return period.instant("end") if node.text("status") == "finished" and period.has("end") else period.instant("start")


def _event(node: Node, kind: VisitEventKind, at: datetime) -> VisitEvent:
    queue = node.extension("queue")
    return VisitEvent(
        occurred_at=at,
        his_number=node.identifier(systems.REGISTRATION) or node.id,
        registration_number=node.identifier(systems.REQUEST, str(Operation.REGISTER)),
        his_patient_id=_patient(node),
        kind=kind,
        ticket=queue.said("ticket") if queue is not None else "",
        place=node.within("location", "location", "display"),
    )


def _ready(node: Node) -> MedicineReady:
    return MedicineReady(
        occurred_at=node.instant("whenPrepared"),
        his_number=_visit(node),
        registration_number=node.identifier(systems.REQUEST, str(Operation.REGISTER)),
        his_patient_id=_patient(node),
        window=node.node("destination").text("display"),
        place=node.within("location", "display"),
        dispensing_number=node.identifier(systems.DISPENSING),
    )


def _sent(node: Node) -> MedicineDispatched:
    parcel = node.need_extension("parcel")
    return MedicineDispatched(
        occurred_at=node.instant("whenHandedOver"),
        his_number=_visit(node),
        registration_number=node.identifier(systems.REQUEST, str(Operation.REGISTER)),
        his_patient_id=_patient(node),
        carrier=parcel.need_extension("carrier").text("valueString"),
        tracking_number=parcel.need_extension("tracking-number").text("valueString"),
        dispensing_number=node.identifier(systems.DISPENSING),
    )


def _visit(node: Node) -> str:
    return node.identifier(systems.REGISTRATION) or node.reference("context", "Encounter", "EpisodeOfCare")


def _patient(node: Node) -> str:
    whose = node.maybe("subject")
    return whose.target("Patient") if whose is not None and whose.points_at("Patient") else ""


def _place(node: Node) -> DispensingPlace:
    ahead, state = node.extension("ahead"), node.code("status", DISPENSE)
    return DispensingPlace(
        dispensing_number=node.identifier(systems.DISPENSING) or node.id,
        window=node.within("destination", "display"),
        ahead=ahead.integer("valueInteger") if ahead is not None else 0,
        ready=state == READY,
        place=node.within("location", "display"),
    )

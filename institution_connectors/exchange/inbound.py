"""Taking in what a hospital reports: once per source, its generation and its own message number."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hub import ids
from hub.actor import Actor, ActorKind
from hub.work import Unit, work
from institution_connectors.contracts import (
    Fact,
    Inbound,
    MedicineDispatched,
    MedicineReady,
    NumberTaken,
    PatientsMerged,
    ResultReported,
    ScheduleSnapshot,
    SessionStopped,
    VisitEvent,
    VisitFact,
    Wire,
    encode,
)
from institution_connectors.exchange import bodies, models
from institution_connectors.exchange.events import (
    HisRestored,
    InboundEvent,
    MedicineDispatchedReported,
    MedicineReadyReported,
    NumberTakenReported,
    PatientsMergeReported,
    ResultReportedByHospital,
    ScheduleSnapshotReceived,
    SessionStopReported,
    VisitEventReported,
)

_REASON_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Receipt:
    """What to acknowledge; a repeated message gets the acknowledgement of the first."""

    inbound_id: UUID
    message_id: str
    repeated: bool


def receive(code: str, message: Inbound, wire: Wire, *, ip: str = "") -> Receipt:
    """Store a message whose sender was verified, and publish its facts; both commit together."""
    inbound_id = ids.uuid7()
    with work(code, actor=vendor(code, ip)) as unit:
        is_older = _comes_from_older_books(message)
        models.Inbound.objects.bulk_create(
            [
                models.Inbound(
                    id=inbound_id,
                    source=message.source,
                    incarnation=message.incarnation,
                    message_id=message.message_id,
                    kind=message.kind,
                    received_at=unit.now,
                    facts=[encode(fact) for fact in message.facts],
                )
            ],
            ignore_conflicts=True,
        )
        first = models.Inbound.objects.values_list("id", flat=True).get(
            source=message.source, incarnation=message.incarnation, message_id=message.message_id
        )
        if is_older:
            restored = HisRestored(hospital=code, source=message.source, incarnation=message.incarnation)
            unit.publish(restored)
            unit.audit("exchange.his_restored", target=f"hospital:{code}", detail={"generation": message.incarnation})
        if first == inbound_id:
            bodies.keep_inbound(wire, inbound_id)
            _publish(unit, inbound_id, message.facts)
        unit.audit(
            "exchange.received",
            target=f"inbound:{first}",
            detail={"kind": message.kind, "message": message.message_id, "repeated": first != inbound_id},
        )
    return Receipt(first, message.message_id, repeated=first != inbound_id)


def refuse(code: str, wire: Wire, reason: str, *, ip: str = "") -> None:
    """Keep a message that can't be taken, with the precise reason, for whoever repairs its sender."""
    text, _ = bodies.as_text(wire.body)
    with work(code, actor=vendor(code, ip)) as unit:
        models.Refused.objects.create(
            received_at=unit.now, reason=reason[:_REASON_LIMIT], size=len(wire.body), body=text
        )
        unit.audit("exchange.refused", target=f"hospital:{code}", outcome="refused", reason=reason[:_REASON_LIMIT])


def _comes_from_older_books(message: Inbound) -> bool:
    """Whether this is the first message of a generation after one that is known. One query when it is not."""
    rows = models.Inbound.objects.filter(source=message.source)
    return not rows.filter(incarnation=message.incarnation).exists() and rows.exists()


def vendor(code: str, ip: str) -> Actor:
    """The hospital's own system as an actor."""
    return Actor(kind=ActorKind.VENDOR, id=None, name=f"his:{code}", institution=code, ip=ip)


def _publish(unit: Unit, inbound_id: UUID, facts: tuple[Fact, ...]) -> None:
    for index, fact in enumerate(facts):
        event = _event(fact, InboundEvent(hospital=unit.scope, inbound_id=inbound_id, index=index))
        unit.publish(event)


def _event(fact: Fact, of: InboundEvent) -> InboundEvent:
    base = {field.name: getattr(of, field.name) for field in dataclasses.fields(of)}
    match fact:
        case ScheduleSnapshot():
            return ScheduleSnapshotReceived(
                **base, first_day=fact.first_day, last_day=fact.last_day, complete=fact.complete
            )
        case SessionStopped():
            return SessionStopReported(**base, schedule_code=fact.stop.schedule_code)
        case NumberTaken():
            return NumberTakenReported(
                **base, schedule_code=fact.schedule_code, number_code=fact.number_code, free=fact.free
            )
        case VisitFact():
            return _visit_event(fact, {**base, "his_number": fact.his_number})
        case PatientsMerged():
            return PatientsMergeReported(**base)
        case ResultReported():
            return ResultReportedByHospital(**base)
    raise TypeError(f"no event tells a {type(fact).__name__}")


def _visit_event(fact: VisitFact, of: dict[str, Any]) -> InboundEvent:
    of = {**of, "registration_number": fact.registration_number}
    match fact:
        case VisitEvent():
            return VisitEventReported(**of, kind=fact.kind)
        case MedicineReady():
            return MedicineReadyReported(**of)
        case MedicineDispatched():
            return MedicineDispatchedReported(**of)
    raise TypeError(f"no event tells a {type(fact).__name__}")

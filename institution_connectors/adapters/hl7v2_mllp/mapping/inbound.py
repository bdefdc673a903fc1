"""What a hospital reports by itself: appointments, visits, stopped sessions, merged archives, results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final

from institution_connectors import contracts
from institution_connectors.adapters.hl7v2_mllp.errors import MessageRefused
from institution_connectors.adapters.hl7v2_mllp.mapping import codes, rows
from institution_connectors.adapters.hl7v2_mllp.message import Message, Segment
from institution_connectors.contracts import Fact, Inbound, NumberState, Operation, Options, VisitEventKind
from institution_connectors.visits import STEPS, visit_fact

FactsOf = Callable[[Message, datetime, Options], Iterator[Fact]]

_VISIT_STEPS: Final[Mapping[str, str]] = {step.upper(): step for step in STEPS}
_ZVE: Final[Mapping[str, int]] = {
    "ticket": 2,
    "place": 3,
    "carrier": 4,
    "tracking_number": 5,
    "window": 6,
    "dispensing_number": 7,
}


def read(message: Message, options: Options) -> Inbound:
    """The message as facts. A kind the hub has no use for is kept without any; one it does not know is refused."""
    facts = _FACTS.get(message.type)
    if facts is None:
        raise MessageRefused("MSH-9", f"message type {message.type} is not agreed", control_id=message.control_id)
    application, facility = message.sender
    name, _, generation = application.partition(message.header.separators.component)
    return Inbound(
        source=f"{name}/{facility}",
        incarnation=generation or "1",
        message_id=message.control_id,
        kind=message.type,
        facts=tuple(facts(message, _occurred_at(message), options)),
    )


def _occurred_at(message: Message) -> datetime:
    """EVN-6 (when it happened), else EVN-2 (when recorded), else MSH-7 (when written)."""
    event = message.first("EVN")
    for raw in (event.component(6), event.component(2)) if event else ():
        if (found := codes.instant_of(raw)) is not None:
            return found
    return codes.instant(message.header, 7)


def _nothing(_message: Message, _at: datetime, _options: Options) -> Iterator[Fact]:
    """Kept in the message store; the hub draws nothing from it."""
    yield from ()


def _numbers_moved(message: Message, at: datetime, _options: Options) -> Iterator[Fact]:
    """SIU S12, S13, S14, S15: the numbers touched stand in ZNB, each with its present state."""
    message.require("SCH")
    changed = message.all("ZNB")
    if not changed:
        raise MessageRefused("ZNB", "the numbers touched are required", control_id=message.control_id)
    for row in changed:
        state = codes.coded(row, 6, codes.NUMBER_STATES)
        yield contracts.NumberTaken(
            occurred_at=at,
            schedule_code=row.require(2),
            number_code=row.require(1),
            sequence=codes.whole(row, 3),
            free=state is NumberState.FREE,
        )


def _no_show(message: Message, at: datetime, _options: Options) -> Iterator[Fact]:
    """SIU S26."""
    appointment, person = message.require("SCH"), message.first("PID")
    yield contracts.VisitEvent(
        occurred_at=at,
        kind=VisitEventKind.MISSED,
        his_number=appointment.require(2),
        registration_number=appointment.component(1),
        his_patient_id=rows.record_number(person) if person else "",
    )


def _stopped(message: Message, at: datetime, _options: Options) -> Iterator[Fact]:
    """SIU S23: blocked time, here a stopped session (ZST)."""
    message.require("ZST")
    for row in message.all("ZST"):
        yield contracts.SessionStopped(occurred_at=at, stop=rows.stop(row))


def _snapshot(message: Message, at: datetime, options: Options) -> Iterator[Fact]:
    """MFN Z05: sessions and numbers of a span of days; complete only when ZSS's counts agree with the rows (F11)."""
    summary = message.require("ZSS")
    unit = options.money(Operation.LIST_SCHEDULES)
    schedules = tuple(rows.schedule(row, unit) for row in message.all("ZSC"))
    numbers = tuple(map(rows.number, message.all("ZNB")))
    counted = {session.code: 0 for session in schedules}
    for number in numbers:
        counted[number.schedule_code] = counted.get(number.schedule_code, 0) + 1
    yield contracts.ScheduleSnapshot(
        occurred_at=at,
        snapshot_id=summary.require(1),
        first_day=codes.day(summary, 2),
        last_day=codes.day(summary, 3),
        schedules=schedules,
        numbers=numbers,
        sessions_with_numbers=tuple(s.code for s in schedules if counted[s.code] == s.capacity),
        withdrawn=tuple(row.require(1) for row in message.all("ZSW")),
        complete=codes.whole(summary, 4) == len(schedules) and codes.whole(summary, 5) == len(numbers),
    )


def _arrived(message: Message, at: datetime, _options: Options) -> Iterator[Fact]:
    """ADT A04 and A10."""
    yield _visit(message, at, VisitEventKind.ARRIVED)


def _ended(message: Message, at: datetime, _options: Options) -> Iterator[Fact]:
    """ADT A03 of an outpatient."""
    yield _visit(message, at, VisitEventKind.VISIT_ENDED)


def _visit_step(message: Message, at: datetime, _options: Options) -> Iterator[Fact]:
    """ADT Z20: the step stands in ZVE."""
    yield _visit(message, at, codes.coded(message.require("ZVE"), 1, _VISIT_STEPS))


def _visit(message: Message, at: datetime, step: str) -> Fact:
    """PV1-19 is the hospital's number of the visit, PV1-5 the hub's number of the registration."""
    person, visit = message.require("PID"), message.require("PV1")
    more = message.first("ZVE") or Segment("ZVE", ())
    whose = {"registration_number": visit.component(5), "his_patient_id": rows.record_number(person)}
    return visit_fact(
        step,
        at,
        required=lambda name: visit.require(19) if name == "his_number" else more.require(_ZVE[name]),
        optional=lambda name: whose[name] if name in whose else more.component(_ZVE[name]),
    )


def _merged(message: Message, at: datetime, _options: Options) -> Iterator[Fact]:
    """ADT A40: each MRG names what became part of the PID before it (F14)."""
    kept: Segment | None = None
    merged = 0
    for segment in message:
        if segment.name == "PID":
            kept = segment
        elif segment.name == "MRG" and kept is not None:
            merged += 1
            yield contracts.PatientsMerged(
                occurred_at=at, kept_id=rows.record_number(kept), merged_id=rows.record_number(segment, 1)
            )
    if not merged:
        raise MessageRefused("MRG", "a merge needs PID and MRG", control_id=message.control_id)


def _results(message: Message, at: datetime, _options: Options) -> Iterator[Fact]:
    """ORU R01: one fact for each OBR; the values are asked for when somebody opens the report."""
    person, visit = message.require("PID"), message.first("PV1")
    message.require("OBR")
    for row in message.all("OBR"):
        yield contracts.ResultReported(
            occurred_at=at,
            his_patient_id=rows.record_number(person),
            report_code=row.component(3) or row.require(2),
            title=row.component(4, 2) or row.component(4, 1),
            status=row.component(25),
            his_number=visit.component(19) if visit else "",
        )


_FACTS: Final[Mapping[str, FactsOf]] = {
    "SIU^S12": _numbers_moved,
    "SIU^S13": _numbers_moved,
    "SIU^S14": _numbers_moved,
    "SIU^S15": _numbers_moved,
    "SIU^S23": _stopped,
    "SIU^S26": _no_show,
    "MFN^Z05": _snapshot,
    "ADT^A03": _ended,
    "ADT^A04": _arrived,
    "ADT^A10": _arrived,
    "ADT^Z20": _visit_step,
    "ADT^A40": _merged,
    "ORU^R01": _results,
    "ADT^A08": _nothing,
    "ADT^A28": _nothing,
    "ADT^A31": _nothing,
    "MFN^M02": _nothing,
    "MFN^M05": _nothing,
    "DFT^P03": _nothing,
}

"""Segments as contract values: people, sessions, numbers, registrations, reports."""

from __future__ import annotations

from institution_connectors import contracts
from institution_connectors.adapters.hl7v2_mllp.errors import MessageRefused, ValueMissing
from institution_connectors.adapters.hl7v2_mllp.mapping import codes
from institution_connectors.adapters.hl7v2_mllp.message import Segment
from institution_connectors.contracts import MoneyUnit

# OBX-2 types whose OBX-5 is text or a number as it stands; coded ones show their second component.
_CODED_TYPES = {"CE", "CWE", "CNE", "CF"}
_REPORT_FINAL = {"F", "C"}


def identifiers(person: Segment, number: int = 3) -> list[tuple[str, str]]:
    """The identifiers of a PID or MRG as (type, number); one without a type is taken for the record number."""
    found = []
    for raw in person.repetitions(number):
        value = person.component(number, 1, of=raw).strip()
        if value:
            found.append((person.component(number, 5, of=raw) or codes.RECORD_NUMBER, value))
    return found


def record_number(person: Segment, number: int = 3) -> str:
    """The hospital's own number of a patient."""
    for kind, value in identifiers(person, number):
        if kind in {codes.RECORD_NUMBER, "PI"}:
            return value
    raise ValueMissing(person.place(number), "a record number (type MR or PI) is required")


def patient(person: Segment) -> contracts.Patient:
    """PID as a person."""
    known = dict(identifiers(person))
    kind = next((kind for kind in known if codes.document_type(kind)), "")
    return contracts.Patient(
        his_id=record_number(person),
        name=_name(person),
        document_type=codes.document_type(kind) or "01",
        document_number=known.get(kind, ""),
        sex=codes.coded(person, 8, codes.SEXES),
        birth_date=codes.day(person, 7),
        phone=person.component(13),
        address=person.component(11),
        health_card=known.get(codes.HEALTH_CARD, ""),
    )


def _name(person: Segment) -> str:
    """Family and given name as one: Chinese senders put all of it in the first component."""
    return person.component(5, 1) + person.component(5, 2)


def department(row: Segment) -> contracts.Department:
    """ZDP."""
    return contracts.Department(
        code=row.require(1),
        name=row.require(2),
        parent_code=row.component(3),
        campus=row.component(4),
        place=row.component(5),
        insurance_code=row.component(6),
        introduction=row.text(7),
    )


def doctor(group: list[Segment]) -> contracts.Doctor:
    """STF with the ZDR after it."""
    staff = group[0]
    more = next((row for row in group if row.name == "ZDR"), Segment("ZDR", ()))
    return contracts.Doctor(
        code=staff.require(1),
        name=staff.require(3),
        title=staff.component(18),
        department_codes=tuple(staff.component(8, 1, of=raw) for raw in staff.repetitions(8)),
        sex=codes.coded(staff, 5, codes.SEXES),
        insurance_code=more.component(1),
        skills=more.text(2),
        introduction=more.text(3),
        rota=more.component(4) == "Y",
    )


def schedule(row: Segment, unit: MoneyUnit) -> contracts.Schedule:
    """ZSC."""
    return contracts.Schedule(
        code=row.require(1),
        department_code=row.require(2),
        doctor_code=row.component(3),
        day=codes.day(row, 4),
        period=codes.coded(row, 5, codes.PERIODS),
        starts=codes.instant(row, 6),
        ends=codes.instant(row, 7),
        class_code=row.component(8, 1),
        class_name=row.component(8, 2),
        fee_fen=codes.fen(row, 9, unit),
        capacity=codes.whole(row, 10),
        remaining=codes.whole(row, 11),
        state=codes.coded(row, 12, codes.SCHEDULE_STATES),
        campus=row.component(13),
        place=row.component(14),
    )


def number(row: Segment) -> contracts.Number:
    """ZNB."""
    return contracts.Number(
        code=row.require(1),
        schedule_code=row.require(2),
        sequence=codes.whole(row, 3),
        starts=codes.instant(row, 4),
        ends=codes.instant(row, 5),
        state=codes.coded(row, 6, codes.NUMBER_STATES),
    )


def stop(row: Segment) -> contracts.Stop:
    """ZST."""
    return contracts.Stop(
        schedule_code=row.require(1),
        day=codes.day(row, 2),
        reason=row.text(3),
        whole=not (row.component(4) or row.component(5)),
        from_sequence=codes.whole(row, 4) if row.component(4) else None,
        from_time=codes.optional_instant(row, 5),
        substitute_doctor_code=row.component(6),
        decided_at=codes.optional_instant(row, 7),
    )


def registration(group: list[Segment], unit: MoneyUnit) -> contracts.Registration:
    """SCH with the PID, AIG, ZFQ and ZPY after it."""
    parts = {row.name: row for row in reversed(group)}
    appointment = group[0]
    for name in ("PID", "AIG", "ZFQ"):
        if name not in parts:
            raise ValueMissing(name, "the segment is required after SCH")
    payment = parts.get("ZPY")
    return contracts.Registration(
        hub_number=appointment.component(1),
        his_number=appointment.require(2),
        his_patient_id=record_number(parts["PID"]),
        schedule_code=appointment.require(5),
        number_code=parts["AIG"].require(3, 1),
        sequence=codes.whole(parts["AIG"], 3, 2),
        starts=codes.instant(parts["AIG"], 8),
        state=codes.coded(appointment, 25, codes.REGISTRATION_STATES),
        fee_fen=codes.fen(parts["ZFQ"], 1, unit),
        order_number=payment.component(2) if payment else "",
    )


def queue_place(row: Segment) -> contracts.QueuePlace:
    """ZQU."""
    return contracts.QueuePlace(
        department_code=row.component(1),
        ticket=row.require(2),
        ahead=codes.whole(row, 3),
        place=row.component(4),
        now_serving=row.component(5),
    )


def report(row: Segment) -> contracts.Report:
    """OBR: approved when its status (OBR-25) is final or corrected."""
    return contracts.Report(
        code=row.component(3) or row.require(2),
        title=row.component(4, 2) or row.component(4, 1),
        approved=row.component(25) in _REPORT_FINAL,
        reported_at=codes.instant(row, 22),
    )


def lab_value(row: Segment) -> contracts.LabValue:
    """OBX."""
    return contracts.LabValue(
        code=row.component(3, 1),
        name=row.component(3, 2) or row.component(3, 1),
        value=_observed(row),
        unit=row.component(6),
        reference=row.component(7),
        flag=row.component(8),
    )


def image(row: Segment) -> contracts.ReportImage:
    """OBX of type ED: application ^ IMAGE ^ subtype ^ Base64 ^ bytes."""
    return contracts.ReportImage(
        title=row.component(3, 2),
        content_type=f"image/{row.require(5, 3).lower()}",
        content=row.require(5, 5),
    )


def _observed(row: Segment) -> str:
    """OBX-5 by its type OBX-2, repetitions joined by line breaks; `""` and absent are no value."""
    kind = row.component(2)
    if kind == "ED":
        raise MessageRefused(row.place(5), "an encapsulated document is no laboratory value")
    parts = []
    for raw in row.repetitions(5):
        if kind in _CODED_TYPES:
            parts.append(row.component(5, 2, of=raw) or row.component(5, 1, of=raw))
        elif kind == "SN":
            parts.append("".join(row.component(5, position, of=raw) for position in range(1, 5)))
        else:
            parts.append(row.component(5, 1, of=raw))
    return "\n".join(parts)

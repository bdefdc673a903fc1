"""The rows of lists: patients, sessions, numbers, registrations, bills, queues, reports."""

from __future__ import annotations

from datetime import datetime

from hub import clock
from institution_connectors import contracts
from institution_connectors.adapters.soap_xml.document import Node
from institution_connectors.adapters.soap_xml.errors import Unreadable
from institution_connectors.adapters.soap_xml.mapping import codes
from institution_connectors.visits import STEPS, visit_fact

_NOBODY = {"", "0"}
_VISIT_STEPS = {step.upper(): step for step in STEPS}
_VISIT_FIELDS = {
    "his_number": "NullahNumber",
    "registration_number": "RegRequestNo",
    "his_patient_id": "PatientID",
    "ticket": "SickSeq",
    "place": "AdmitAddress",
    "window": "WindowNo",
    "carrier": "Carrier",
    "tracking_number": "TrackingNo",
    "dispensing_number": "DispenseNo",
}


def patient(item: Node) -> contracts.Patient:
    """An archive of transaction 2001."""
    return contracts.Patient(
        his_id=item.require("PatientID"),
        name=item.text("PatientName"),
        document_type=item.text("CardType") or "01",
        document_number=item.text("CardNo"),
        sex=codes.coded(item, "Sex", codes.SEXES),
        birth_date=codes.day(item, "BirthDate"),
        phone=item.text("MobilePhone"),
        address=item.text("Address"),
        health_card=item.text("HealthCard"),
    )


def schedule(item: Node, reader: codes.Reader) -> contracts.Schedule:
    """A session of transaction 4003; no doctor, or doctor 0, is the rota of the department."""
    day = codes.day(item, "RegDate")
    doctor = item.text("DoctorCode")
    return contracts.Schedule(
        code=item.require("ScheduleCode"),
        department_code=item.require("DeptCode"),
        doctor_code="" if doctor in _NOBODY else doctor,
        day=day,
        period=codes.coded(item, "Period", codes.PERIODS),
        starts=clock.at(day, codes.clock_time(item.require("StartTime"), "StartTime")),
        ends=clock.at(day, codes.clock_time(item.require("EndTime"), "EndTime")),
        class_code=item.text("ClassCode"),
        class_name=item.text("ClassName"),
        fee_fen=reader.fen(item, "Cost"),
        capacity=codes.whole(item, "LimitNum"),
        remaining=codes.whole(item, "LeftNum"),
        state=codes.coded(item, "Status", codes.SCHEDULE_STATES),
        campus=item.text("Campus"),
        place=item.text("Address"),
    )


def number(item: Node, schedule_code: str) -> contracts.Number:
    """A number of transaction 4004; senders without states tell by the count left."""
    starts, ends = _span(item)
    state = codes.coded(item, "Status", codes.NUMBER_STATES) if item.text("Status") else _by_count(item)
    return contracts.Number(
        code=item.require("TimeCode"),
        schedule_code=item.text("ScheduleCode") or schedule_code,
        sequence=codes.whole(item, "SickNo"),
        starts=starts,
        ends=ends,
        state=state,
    )


def _span(item: Node) -> tuple[datetime, datetime]:
    """`TimeValue` of `RegDate`: `083000-084500`, also `08:30-08:45`."""
    day = codes.day(item, "RegDate")
    first, dash, last = item.require("TimeValue").partition("-")
    if not dash:
        raise Unreadable("TimeValue: two times joined by '-' expected")
    return clock.at(day, codes.clock_time(first, "TimeValue")), clock.at(day, codes.clock_time(last, "TimeValue"))


def _by_count(item: Node) -> contracts.NumberState:
    return contracts.NumberState.FREE if codes.whole(item, "AvailableNum") > 0 else contracts.NumberState.TAKEN


def registration(item: Node, reader: codes.Reader) -> contracts.Registration:
    """A registration of transaction 4010."""
    return contracts.Registration(
        hub_number=item.text("RegRequestNo"),
        his_number=item.require("NullahNumber"),
        his_patient_id=item.require("PatientID"),
        schedule_code=item.require("ScheduleCode"),
        number_code=item.text("TimeCode"),
        sequence=codes.whole(item, "SickNo"),
        starts=codes.instant(item, "RegDateTime"),
        state=codes.coded(item, "Status", codes.REGISTRATION_STATES),
        fee_fen=reader.fen(item, "Cost"),
        order_number=item.text("OrderNo"),
    )


def visit_report(item: Node) -> contracts.VisitReport:
    """A step of a visit of transaction 4012."""
    fact = visit_fact(
        codes.coded(item, "Event", _VISIT_STEPS),
        codes.instant(item, "EventTime"),
        required=lambda name: item.require(_VISIT_FIELDS[name]),
        optional=lambda name: item.text(_VISIT_FIELDS[name]),
    )
    return contracts.VisitReport(event_number=item.require("EventNo"), fact=fact)


def bill(item: Node, reader: codes.Reader) -> contracts.Bill:
    """A bill of transactions 3001 and 3003."""
    return contracts.Bill(
        code=item.require("ApplyNo"),
        title=item.text("Title"),
        amount_fen=reader.fen(item, "Charges"),
        registration_number=item.text("NullahNumber"),
        department_code=item.text("DeptCode"),
        doctor_name=item.text("DoctorName"),
        opened_at=codes.instant(item, "ApplyTime"),
    )


def bill_item(item: Node, reader: codes.Reader) -> contracts.BillItem:
    """A line of transaction 3002; reverse rows keep their sign (F13)."""
    return contracts.BillItem(
        code=item.require("ItemCode"),
        name=item.require("ItemName"),
        unit_price_fen=reader.fen(item, "Price"),
        quantity=item.require("Quantity"),
        amount_fen=reader.fen(item, "Charges"),
        unit=item.text("Unit"),
        reverses=item.text("ReverseOf"),
    )


def queue_place(item: Node) -> contracts.QueuePlace:
    """A queue of transaction 5001."""
    return contracts.QueuePlace(
        department_code=item.text("DeptCode"),
        ticket=item.require("SickSeq"),
        ahead=codes.whole(item, "AheadNum"),
        place=item.text("AdmitAddress"),
        now_serving=item.text("NowSeq"),
    )


def report(item: Node) -> contracts.Report:
    """A laboratory report of transactions 7003 and 7004; only state 3 (approved) and later may be shown."""
    return contracts.Report(
        code=item.require("ReportNo"),
        title=item.text("Title"),
        approved=codes.whole(item, "State") >= 3,
        reported_at=codes.instant(item, "ReportTime"),
    )


def lab_value(item: Node) -> contracts.LabValue:
    """A line of transaction 7004."""
    return contracts.LabValue(
        code=item.text("ItemCode"),
        name=item.require("ItemName"),
        value=item.text("Value"),
        unit=item.text("Unit"),
        reference=item.text("Range"),
        flag=item.text("Flag"),
    )

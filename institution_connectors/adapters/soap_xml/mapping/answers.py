"""The elements of a `Response` as contract results. A fact a result can't do without raises `Incomplete`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from institution_connectors import contracts
from institution_connectors.adapters.soap_xml.document import Node
from institution_connectors.adapters.soap_xml.errors import Incomplete
from institution_connectors.adapters.soap_xml.mapping import care, codes, records
from institution_connectors.contracts import Operation, Options, Request, Result


def read(request: Request, response: Node, options: Options) -> Result:
    """The result of a successful `response` to `request`."""
    return read_as(request.operation, request, response, options)


def read_as(operation: Operation, request: Request, response: Node, options: Options) -> Result:
    """The result `operation` promises; an outcome check reads what the original ask would have brought."""
    return _READERS[operation](response, codes.Reader(options.money(operation)), request, options)


def _pong(node: Node, *_: Any) -> Result:
    return contracts.Pong(his_time=codes.instant(node, "NowTime"))


def _patients(node: Node, *_: Any) -> Result:
    return contracts.Patients(patients=tuple(map(records.patient, care.listed(node))))


def _patient_created(node: Node, *_: Any) -> Result:
    return contracts.PatientCreated(his_patient_id=node.require("PatientID"), existed=codes.flag(node, "Existed"))


def _done(*_: Any) -> Result:
    return contracts.Done()


def _departments(node: Node, *_: Any) -> Result:
    found = tuple(
        contracts.Department(
            code=item.require("DeptCode"),
            name=item.require("DeptName"),
            parent_code=item.text("TopDeptCode"),
            campus=item.text("Campus"),
            place=item.text("Address"),
            insurance_code=item.text("InsurCode"),
            introduction=item.text("Intro"),
        )
        for item in care.listed(node)
    )
    return contracts.Departments(departments=found, total=codes.whole(node, "TotalNum"))


def _doctors(node: Node, *_: Any) -> Result:
    found = tuple(
        contracts.Doctor(
            code=item.require("DoctorCode"),
            name=item.require("DoctorName"),
            title=item.text("Title"),
            department_codes=tuple(filter(None, item.text("DeptCode").split(","))),
            sex=codes.coded(item, "Sex", codes.SEXES),
            insurance_code=item.text("InsurCode"),
            skills=item.text("Skills"),
            introduction=item.text("Intro"),
            rota=codes.flag(item, "Rota"),
        )
        for item in care.listed(node)
    )
    return contracts.Doctors(doctors=found, total=codes.whole(node, "TotalNum"))


def _classes(node: Node, reader: codes.Reader, *_: Any) -> Result:
    return contracts.NumberClasses(
        classes=tuple(
            contracts.NumberClass(
                code=item.require("ClassCode"), name=item.require("ClassName"), fee_fen=reader.fen(item, "Cost")
            )
            for item in care.listed(node)
        )
    )


def _schedules(node: Node, reader: codes.Reader, *_: Any) -> Result:
    found = tuple(records.schedule(item, reader) for item in care.listed(node))
    return contracts.Schedules(schedules=found, total=codes.whole(node, "TotalNum"))


def _numbers(node: Node, _reader: codes.Reader, request: Request, *_: Any) -> Result:
    asked = request.schedule_code if isinstance(request, contracts.ListNumbers) else ""
    found = tuple(records.number(item, asked) for item in care.listed(node))
    return contracts.Numbers(numbers=found, total=codes.whole(node, "TotalNum"))


def _stops(node: Node, *_: Any) -> Result:
    return contracts.Stops(
        stops=tuple(
            contracts.Stop(
                schedule_code=item.require("ScheduleCode"),
                day=codes.day(item, "RegDate"),
                reason=item.text("Reason"),
                whole=not (item.text("FromSickNo") or item.text("FromTime")),
                from_sequence=codes.whole(item, "FromSickNo") if item.text("FromSickNo") else None,
                from_time=codes.optional_instant(item, "FromTime"),
                substitute_doctor_code=item.text("SubDoctorCode"),
                decided_at=codes.optional_instant(item, "StopTime"),
            )
            for item in care.listed(node)
        )
    )


def _quote(node: Node, reader: codes.Reader, *_: Any) -> Result:
    items = tuple(
        contracts.FeeItem(
            code=item.require("ItemCode"), name=item.require("ItemName"), amount_fen=reader.fen(item, "Charges")
        )
        for item in node.items()
    )
    return contracts.FeeQuote(
        total_fen=reader.fen(node, "Charges"),
        items=items,
        discount=node.text("Discount"),
        valid_until=codes.optional_instant(node, "ValidTime"),
    )


def _locked(node: Node, _reader: codes.Reader, request: Request, *_: Any) -> Result:
    asked = request.number_code if isinstance(request, contracts.LockNumber) else ""
    return contracts.Locked(
        lock_code=node.require("SeqNumber"),
        number_code=node.text("TimeCode") or asked,
        sequence=codes.whole(node, "SickNo"),
        expires_at=codes.instant(node, "ExpireTime"),
    )


def _registered(node: Node, _reader: codes.Reader, request: Request, *_: Any) -> Result:
    """A paid registration without its receipt is no registration we may show as done (F3)."""
    paid = isinstance(request, contracts.PayRegistration) or (
        isinstance(request, contracts.Register) and request.payment is not None
    )
    return contracts.Registered(
        his_number=node.require("NullahNumber"),
        his_patient_id=node.text("PatientID") or _patient_id(request),
        sequence=codes.whole(node, "SickNo"),
        place=node.text("AdmitAddress"),
        receipt_number=node.require("ReceiptNo") if paid else node.text("ReceiptNo"),
    )


def _patient_id(request: Request) -> str:
    if isinstance(request, contracts.Register):
        return request.patient.his_id
    raise Incomplete("PatientID is missing")


def _checked_in(node: Node, *_: Any) -> Result:
    return contracts.CheckedIn(
        ticket=node.require("SickSeq"),
        ahead=codes.whole(node, "AheadNum") if node.text("AheadNum") else None,
        place=node.text("AdmitAddress"),
    )


def _cancelled(node: Node, *_: Any) -> Result:
    return contracts.Cancelled(
        his_number=node.require("NullahNumber"),
        receipt_number=node.text("ReceiptNo"),
        already=codes.flag(node, "Already"),
    )


def _registrations(node: Node, reader: codes.Reader, *_: Any) -> Result:
    found = tuple(records.registration(item, reader) for item in care.listed(node))
    return contracts.Registrations(registrations=found, total=codes.whole(node, "TotalNum"))


def _visit_reports(node: Node, *_: Any) -> Result:
    found = tuple(map(records.visit_report, care.listed(node)))
    return contracts.VisitReports(reports=found, total=codes.whole(node, "TotalNum"))


def _outcome(node: Node, _reader: codes.Reader, request: Request, options: Options) -> Result:
    found = codes.coded(node, "Found", codes.FOUND)
    if not isinstance(request, contracts.CheckOutcome) or found is not contracts.Found.DONE:
        return contracts.OutcomeChecked(found=found)
    return contracts.OutcomeChecked(found=found, result=read_as(request.asked, request, node, options))


def _bills(node: Node, reader: codes.Reader, *_: Any) -> Result:
    return contracts.Bills(bills=tuple(records.bill(item, reader) for item in care.listed(node)))


def _bill_items(node: Node, reader: codes.Reader, *_: Any) -> Result:
    return contracts.BillItems(items=tuple(records.bill_item(item, reader) for item in care.listed(node)))


def _settled(node: Node, *_: Any) -> Result:
    return contracts.Settled(settlement_number=node.require("SettleNo"), receipt_number=node.require("ReceiptNo"))


def _queue(node: Node, *_: Any) -> Result:
    return contracts.QueueState(places=tuple(map(records.queue_place, care.listed(node))))


def _reports(node: Node, *_: Any) -> Result:
    return contracts.Reports(reports=tuple(map(records.report, care.listed(node))))


def _lab_report(node: Node, *_: Any) -> Result:
    return contracts.LabReportLines(report=records.report(node), values=tuple(map(records.lab_value, node.items())))


ReaderOf = Callable[[Node, codes.Reader, Request, Options], Result]
_READERS: Mapping[Operation, ReaderOf] = {
    Operation.PING: _pong,
    Operation.FIND_PATIENT: _patients,
    Operation.CREATE_PATIENT: _patient_created,
    Operation.UPDATE_PATIENT: _done,
    Operation.BIND_HEALTH_CARD: _done,
    Operation.LIST_DEPARTMENTS: _departments,
    Operation.LIST_DOCTORS: _doctors,
    Operation.LIST_NUMBER_CLASSES: _classes,
    Operation.LIST_SCHEDULES: _schedules,
    Operation.LIST_NUMBERS: _numbers,
    Operation.LIST_STOPPED: _stops,
    Operation.QUOTE_FEE: _quote,
    Operation.LOCK_NUMBER: _locked,
    Operation.UNLOCK_NUMBER: _done,
    Operation.REGISTER: _registered,
    Operation.PAY_REGISTRATION: _registered,
    Operation.CHECK_IN: _checked_in,
    Operation.TELL_VISIT: _done,
    Operation.CANCEL_REGISTRATION: _cancelled,
    Operation.LIST_REGISTRATIONS: _registrations,
    Operation.LIST_VISIT_EVENTS: _visit_reports,
    Operation.CHECK_OUTCOME: _outcome,
    Operation.LIST_PENDING_BILLS: _bills,
    Operation.BILL_DETAIL: _bill_items,
    Operation.SETTLE_BILLS: _settled,
    Operation.WAITING_QUEUE: _queue,
    Operation.LIST_LAB_REPORTS: _reports,
    Operation.LAB_REPORT: _lab_report,
    Operation.LIST_PAID_BILLS: care.paid_bills,
    Operation.PAID_BILL_DETAIL: _bill_items,
    Operation.INPATIENT_STAY: care.stays,
    Operation.PHARMACY_QUEUE: care.dispensing_queue,
    Operation.LIST_EXAM_REPORTS: _reports,
    Operation.EXAM_REPORT: care.exam_report,
}

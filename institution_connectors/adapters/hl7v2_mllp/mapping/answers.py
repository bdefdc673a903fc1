"""HIS answers as contract results; a missing value or segment raises `ValueMissing`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from institution_connectors import contracts
from institution_connectors.adapters.hl7v2_mllp.errors import ValueMissing
from institution_connectors.adapters.hl7v2_mllp.mapping import codes, rows
from institution_connectors.adapters.hl7v2_mllp.message import Message
from institution_connectors.contracts import MoneyUnit, Operation, Options, Request, Result

ReaderOf = Callable[[Message, MoneyUnit, Request], Result]


def read(request: Request, answer: Message, options: Options) -> Result:
    """The result of a positive `answer` to `request`."""
    return read_as(request.operation, request, answer, options)


def read_as(operation: Operation, request: Request, answer: Message, options: Options) -> Result:
    """The result `operation` promises; an outcome check reads what the original ask would have brought."""
    if operation is Operation.CHECK_OUTCOME:
        return _outcome(answer, request, options)
    return _READERS[operation](answer, options.money(operation), request)


def total(answer: Message) -> int:
    """QAK-4, the hospital's own count (F11)."""
    return codes.whole(answer.require("QAK"), 4)


def _pong(answer: Message, _unit: MoneyUnit, _request: Request) -> Result:
    return contracts.Pong(his_time=codes.instant(answer.header, 7))


def _done(_answer: Message, _unit: MoneyUnit, _request: Request) -> Result:
    return contracts.Done()


def _patients(answer: Message, _unit: MoneyUnit, _request: Request) -> Result:
    return contracts.Patients(patients=tuple(map(rows.patient, answer.all("PID"))))


def _patient_created(answer: Message, _unit: MoneyUnit, _request: Request) -> Result:
    person = answer.require("PID")
    marker = answer.first("ZHB")
    existed = marker is not None and marker.component(5) == "EXISTED"
    return contracts.PatientCreated(his_patient_id=rows.record_number(person), existed=existed)


def _departments(answer: Message, _unit: MoneyUnit, _request: Request) -> Result:
    found = tuple(map(rows.department, answer.all("ZDP")))
    return contracts.Departments(departments=found, total=total(answer))


def _doctors(answer: Message, _unit: MoneyUnit, _request: Request) -> Result:
    found = tuple(map(rows.doctor, answer.groups("STF")))
    return contracts.Doctors(doctors=found, total=total(answer))


def _classes(answer: Message, unit: MoneyUnit, _request: Request) -> Result:
    return contracts.NumberClasses(
        classes=tuple(
            contracts.NumberClass(code=row.require(1), name=row.require(2), fee_fen=codes.fen(row, 3, unit))
            for row in answer.all("ZCL")
        )
    )


def _schedules(answer: Message, unit: MoneyUnit, _request: Request) -> Result:
    found = tuple(rows.schedule(row, unit) for row in answer.all("ZSC"))
    return contracts.Schedules(schedules=found, total=total(answer))


def _numbers(answer: Message, _unit: MoneyUnit, _request: Request) -> Result:
    found = tuple(map(rows.number, answer.all("ZNB")))
    return contracts.Numbers(numbers=found, total=total(answer))


def _stops(answer: Message, _unit: MoneyUnit, _request: Request) -> Result:
    return contracts.Stops(stops=tuple(map(rows.stop, answer.all("ZST"))))


def _quote(answer: Message, unit: MoneyUnit, _request: Request) -> Result:
    quote = answer.require("ZFQ")
    items = tuple(
        contracts.FeeItem(code=row.require(1), name=row.require(2), amount_fen=codes.fen(row, 3, unit))
        for row in answer.all("ZFE")
    )
    return contracts.FeeQuote(
        total_fen=codes.fen(quote, 1, unit),
        items=items,
        discount=quote.component(2),
        valid_until=codes.optional_instant(quote, 3),
    )


def _locked(answer: Message, _unit: MoneyUnit, _request: Request) -> Result:
    lock, number = answer.require("ZLK"), answer.require("AIG")
    return contracts.Locked(
        lock_code=lock.require(1),
        number_code=number.require(3, 1),
        sequence=codes.whole(number, 3, 2),
        expires_at=codes.instant(lock, 2),
    )


def _registered(answer: Message, _unit: MoneyUnit, request: Request) -> Result:
    """A paid registration without its receipt is no registration we may show as done (F3)."""
    appointment, number = answer.require("SCH"), answer.require("AIG")
    place, payment = answer.first("AIL"), answer.first("ZPY")
    receipt = payment.component(8) if payment else ""
    paid = isinstance(request, contracts.PayRegistration) or (
        isinstance(request, contracts.Register) and request.payment is not None
    )
    if paid and not receipt:
        raise ValueMissing("ZPY-8", "a paid registration needs its receipt number")
    return contracts.Registered(
        his_number=appointment.require(2),
        his_patient_id=rows.record_number(answer.require("PID")),
        sequence=codes.whole(number, 3, 2),
        place=place.component(3) if place else "",
        receipt_number=receipt,
    )


def _checked_in(answer: Message, _unit: MoneyUnit, _request: Request) -> Result:
    queue = answer.require("ZQU")
    return contracts.CheckedIn(
        ticket=queue.require(2),
        ahead=codes.whole(queue, 3) if queue.component(3) else None,
        place=queue.component(4),
    )


def _cancelled(answer: Message, _unit: MoneyUnit, _request: Request) -> Result:
    appointment, payment = answer.require("SCH"), answer.first("ZPY")
    marker = answer.first("ZHB")
    return contracts.Cancelled(
        his_number=appointment.require(2),
        receipt_number=payment.component(8) if payment else "",
        already=marker is not None and marker.component(5) == "ALREADY",
    )


def _registrations(answer: Message, unit: MoneyUnit, _request: Request) -> Result:
    found = tuple(rows.registration(group, unit) for group in answer.groups("SCH"))
    return contracts.Registrations(registrations=found, total=total(answer))


def _outcome(answer: Message, request: Request, options: Options) -> Result:
    found = codes.coded(answer.require("ZOC"), 1, codes.FOUND)
    if not isinstance(request, contracts.CheckOutcome) or found is not contracts.Found.DONE:
        return contracts.OutcomeChecked(found=found)
    return contracts.OutcomeChecked(found=found, result=read_as(request.asked, request, answer, options))


def _queue(answer: Message, _unit: MoneyUnit, _request: Request) -> Result:
    return contracts.QueueState(places=tuple(map(rows.queue_place, answer.all("ZQU"))))


def _reports(answer: Message, _unit: MoneyUnit, _request: Request) -> Result:
    return contracts.Reports(reports=tuple(map(rows.report, answer.all("OBR"))))


def _lab_report(answer: Message, _unit: MoneyUnit, _request: Request) -> Result:
    values = tuple(rows.lab_value(row) for row in answer.all("OBX"))
    return contracts.LabReportLines(report=rows.report(answer.require("OBR")), values=values)


def _exam_report(answer: Message, _unit: MoneyUnit, _request: Request) -> Result:
    """OBX by what they observe: GDT (the finding) and IMP (the conclusion), as text; ED are its pictures."""
    head = answer.require("OBR")
    texts = {row.component(3): rows.lab_value(row).value for row in answer.all("OBX") if row.component(2) != "ED"}
    for name in ("GDT", "IMP"):
        if not texts.get(name):
            raise ValueMissing("OBX", f"the observation {name} is required")
    return contracts.ExamReportText(
        report=rows.report(head),
        part=head.component(15, 4),
        finding=texts["GDT"],
        conclusion=texts["IMP"],
        doctor_name=head.component(32, 2),
        images=tuple(rows.image(row) for row in answer.all("OBX") if row.component(2) == "ED"),
    )


_READERS: Mapping[Operation, ReaderOf] = {
    Operation.PING: _pong,
    Operation.FIND_PATIENT: _patients,
    Operation.CREATE_PATIENT: _patient_created,
    Operation.UPDATE_PATIENT: _done,
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
    Operation.WAITING_QUEUE: _queue,
    Operation.LIST_LAB_REPORTS: _reports,
    Operation.LAB_REPORT: _lab_report,
    Operation.LIST_EXAM_REPORTS: _reports,
    Operation.EXAM_REPORT: _exam_report,
}

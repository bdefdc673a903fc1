"""What the hub asks, as HL7 messages. Queries are QBP, bookings SRM, people ADT, money DFT."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub import clock
from institution_connectors import contracts
from institution_connectors.adapters.hl7v2_mllp.mapping import codes
from institution_connectors.adapters.hl7v2_mllp.writer import Value, segment, timestamp
from institution_connectors.charsets import carried, codec_of
from institution_connectors.contracts import ConnectorProfile, Operation, Patient, Payment, Refund, Request


@dataclass(frozen=True, slots=True)
class Ask:
    """MSH-9 and the segments after MSH; `query` when a QAK is due in the answer."""

    type: tuple[str, str, str]
    segments: tuple[str, ...]
    query: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A query of the profile: its number (QBP^Znn is answered by RSP^Z(nn+50)) and its name in QPD-1.2."""

    number: int
    name: str


QUERIES: Final[Mapping[Operation, Query]] = {
    Operation.PING: Query(1, "PING"),
    Operation.LIST_DEPARTMENTS: Query(2, "DEPARTMENTS"),
    Operation.LIST_DOCTORS: Query(3, "DOCTORS"),
    Operation.LIST_NUMBER_CLASSES: Query(4, "NUMBER_CLASSES"),
    Operation.LIST_SCHEDULES: Query(5, "SCHEDULES"),
    Operation.LIST_NUMBERS: Query(6, "NUMBERS"),
    Operation.LIST_STOPPED: Query(7, "STOPPED"),
    Operation.QUOTE_FEE: Query(8, "QUOTE"),
    Operation.CHECK_OUTCOME: Query(9, "OUTCOME"),
    Operation.LIST_REGISTRATIONS: Query(10, "REGISTRATIONS"),
    Operation.WAITING_QUEUE: Query(11, "QUEUE"),
    Operation.LIST_LAB_REPORTS: Query(12, "LAB_REPORTS"),
    Operation.LAB_REPORT: Query(13, "LAB_REPORT"),
    Operation.LIST_EXAM_REPORTS: Query(14, "EXAM_REPORTS"),
    Operation.EXAM_REPORT: Query(15, "EXAM_REPORT"),
}
COMMANDS: Final[frozenset[Operation]] = frozenset(
    {
        Operation.CREATE_PATIENT,
        Operation.UPDATE_PATIENT,
        Operation.LOCK_NUMBER,
        Operation.UNLOCK_NUMBER,
        Operation.REGISTER,
        Operation.PAY_REGISTRATION,
        Operation.CHECK_IN,
        Operation.TELL_VISIT,
        Operation.CANCEL_REGISTRATION,
    }
)


class Writer:
    """Writes asks in the units and codes of one hospital."""

    def __init__(self, profile: ConnectorProfile, facility: str) -> None:
        self._options = profile.options
        self._facility = facility

    def ask(self, request: Request, tag: str) -> Ask:
        """The message for `request`; `tag` is its control id, which a query repeats in QPD-2."""
        if isinstance(request, contracts.FindPatient):
            return self._find(request, tag)
        if (query := QUERIES.get(request.operation)) is not None:
            parameters = _PARAMETERS.get(type(request), lambda _r: ())(request)
            return self.query(query, tag, *parameters)
        return _COMMANDS[type(request)](self, request)

    def query(self, query: Query, tag: str, *parameters: Value) -> Ask:
        """A query by parameters, all rows at once."""
        fields: dict[int, Value] = {1: [f"Z{query.number:02d}", query.name, "HUB"], 2: tag}
        fields.update(enumerate(parameters, start=3))
        return Ask(
            ("QBP", f"Z{query.number:02d}", "QBP_Q11"),
            (segment("QPD", fields), segment("RCP", {1: "I"})),
            query=True,
        )

    def _find(self, request: contracts.FindPatient, tag: str) -> Ask:
        wanted = [
            ("@PID.3.1", request.document_number),
            ("@PID.3.5", codes.identifier_type(request.document_type)),
            ("@PID.5.1", request.name),
        ]
        parameters = [list(pair) for pair in wanted if pair[1]]
        return Ask(
            ("QBP", "Q22", "QBP_Q21"),
            (segment("QPD", {1: ["Q22", "FIND_CANDIDATES", "HL7"], 2: tag, 3: parameters}), segment("RCP", {1: "I"})),
            query=True,
        )

    def person(self, patient: Patient) -> list[str]:
        """PID, and NK1 of the guardian who answers for a child."""
        numbers: list[list[str]] = []
        if patient.his_id:
            numbers.append([patient.his_id, "", "", self._facility, codes.RECORD_NUMBER])
        if patient.document_number:
            numbers.append([patient.document_number, "", "", "CHN", codes.identifier_type(patient.document_type)])
        if patient.health_card:
            numbers.append([patient.health_card, "", "", "NHC", codes.HEALTH_CARD])
        lines = [
            segment(
                "PID",
                {
                    1: "1",
                    3: numbers,
                    5: self.text("name", patient.name),
                    7: codes.written_day(patient.birth_date),
                    8: codes.WRITTEN_SEXES[patient.sex],
                    11: self.text("address", patient.address),
                    13: patient.phone,
                },
            )
        ]
        if (guardian := patient.guardian) is not None:
            number = [guardian.document_number, "", "", "CHN", codes.identifier_type(guardian.document_type)]
            lines.append(
                segment("NK1", {1: "1", 2: self.text("name", guardian.name), 3: "GRD", 5: guardian.phone, 33: number})
            )
        return lines

    def text(self, name: str, value: str) -> str:
        """A text this hospital's field can hold."""
        return carried(name, value, codec_of(self._options.charset), self._options.text_bytes)

    def amount(self, fen: int, operation: Operation) -> str:
        """An amount in the unit this hospital uses for `operation`."""
        return codes.written_amount(fen, self._options.money(operation))


def command(request: contracts.Command, *, lock_number: str = "", fee: str = "") -> str:
    """ZHB: the hub number under which this command is done once, whatever else repeats."""
    return segment("ZHB", {1: request.hub_number, 2: request.operation.value.upper(), 3: lock_number, 4: fee})


def _adt(trigger: str, structure: str, lines: list[str]) -> Ask:
    now = timestamp(clock.now())
    return Ask(("ADT", trigger, structure), (segment("EVN", {1: trigger, 2: now}), *lines))


def _create(writer: Writer, request: contracts.CreatePatient) -> Ask:
    return _adt("A28", "ADT_A05", [*writer.person(request.patient), command(request)])


def _update(writer: Writer, request: contracts.UpdatePatient) -> Ask:
    return _adt("A31", "ADT_A05", [*writer.person(request.patient), command(request)])


def _check_in(_writer: Writer, request: contracts.CheckIn) -> Ask:
    visit = segment("PV1", {1: "1", 2: "O", 5: request.registration_number, 19: request.his_number})
    return _adt("A10", "ADT_A09", [segment("PID", {1: "1"}), visit, command(request)])


def _tell_visit(_writer: Writer, request: contracts.TellVisit) -> Ask:
    """The hub's own calling, in the words hospitals tell theirs in: ADT^Z20 with ZVE."""
    visit = segment("PV1", {1: "1", 2: "O", 5: request.registration_number, 19: request.his_number})
    step = segment("ZVE", {1: request.kind.upper(), 2: request.ticket, 3: request.place})
    happened = segment("EVN", {1: "Z20", 2: timestamp(clock.now()), 6: timestamp(request.occurred_at)})
    return Ask(("ADT", "Z20", "ADT_A01"), (happened, segment("PID", {1: "1"}), visit, step, command(request)))


def _lock(writer: Writer, request: contracts.LockNumber) -> Ask:
    request_line = _arq(request.hub_number, "", request.schedule_code, "LOCK")
    number = segment("AIG", {1: "1", 3: request.number_code, 4: "NUMBER"})
    lines = (request_line, *writer.person(request.patient), segment("RGS", {1: "1"}), number, command(request))
    return Ask(("SRM", "S01", "SRM_S01"), lines)


def _register(writer: Writer, request: contracts.Register) -> Ask:
    starts = timestamp(request.starts)
    number = segment("AIG", {1: "1", 3: [request.number_code, str(request.sequence)], 4: "NUMBER", 8: starts})
    fee = writer.amount(request.fee_fen, request.operation)
    lines = [
        _arq(request.hub_number, request.lock_code, request.schedule_code, "BOOK", starts),
        *writer.person(request.patient),
        segment("RGS", {1: "1"}),
        number,
        command(request, lock_number=request.lock_number, fee=fee),
    ]
    if request.payment is not None:
        lines.append(_payment(writer, request.payment, request.operation))
    return Ask(("SRM", "S01", "SRM_S01"), tuple(lines))


def _unlock(_writer: Writer, request: contracts.UnlockNumber) -> Ask:
    lines = (_arq(request.lock_number, request.lock_code, "", "UNLOCK"), segment("RGS", {1: "1"}), command(request))
    return Ask(("SRM", "S04", "SRM_S01"), lines)


def _cancel(writer: Writer, request: contracts.CancelRegistration) -> Ask:
    reason: Value = ["CANCEL", request.reason]
    lines = [
        _arq(request.registration_number, request.his_number, "", reason),
        segment("RGS", {1: "1"}),
        command(request),
    ]
    if request.refund is not None:
        lines.append(_refund(writer, request.refund, request.operation))
    return Ask(("SRM", "S04", "SRM_S01"), tuple(lines))


def _pay(writer: Writer, request: contracts.PayRegistration) -> Ask:
    payment = request.payment
    amount = writer.amount(payment.amount_fen, request.operation)
    lines = (
        segment("EVN", {1: "P03", 2: timestamp(clock.now())}),
        segment("PID", {1: "1"}),
        segment("PV1", {1: "1", 2: "O", 5: request.registration_number, 19: request.his_number}),
        segment(
            "FT1",
            {
                1: "1",
                2: payment.order_number,
                4: timestamp(payment.paid_at),
                6: "PY",
                7: "REGISTRATION",
                10: "1",
                11: amount,
            },
        ),
        command(request),
        _payment(writer, payment, request.operation),
    )
    return Ask(("DFT", "P03", "DFT_P03"), lines)


def _arq(placer: str, filler: str, schedule: str, reason: Value, starts: str = "") -> str:
    return segment("ARQ", {1: placer, 2: filler, 5: schedule, 6: reason, 11: starts, 15: "HUB", 19: "HUB"})


def _payment(writer: Writer, payment: Payment, operation: Operation) -> str:
    amount, paid_at = writer.amount(payment.amount_fen, operation), timestamp(payment.paid_at)
    return segment(
        "ZPY", {1: "P", 2: payment.order_number, 3: amount, 4: payment.channel, 5: payment.channel_number, 6: paid_at}
    )


def _refund(writer: Writer, refund: Refund, operation: Operation) -> str:
    at = timestamp(refund.refunded_at) if refund.refunded_at else ""
    amount = writer.amount(refund.amount_fen, operation)
    return segment("ZPY", {1: "R", 2: refund.refund_number, 3: amount, 6: at, 7: refund.order_number})


def _span_of_patient(request: contracts.ListLabReports | contracts.ListExamReports) -> tuple[Value, ...]:
    return request.his_patient_id, codes.written_day(request.first_day), codes.written_day(request.last_day)


_PARAMETERS: Mapping[type[Request], Callable[[Any], tuple[Value, ...]]] = {
    contracts.ListDoctors: lambda r: (r.department_code,),
    contracts.ListSchedules: lambda r: (
        codes.written_day(r.first_day),
        codes.written_day(r.last_day),
        r.department_code,
    ),
    contracts.ListNumbers: lambda r: (r.schedule_code,),
    contracts.ListStopped: lambda r: (codes.written_day(r.first_day), codes.written_day(r.last_day)),
    contracts.QuoteFee: lambda r: (r.schedule_code, r.patient.his_id, codes.written_day(r.patient.birth_date)),
    contracts.CheckOutcome: lambda r: (r.hub_number, r.asked.value.upper()),
    contracts.ListRegistrations: lambda r: (
        codes.written_day(r.first_day),
        codes.written_day(r.last_day),
        r.his_patient_id,
    ),
    contracts.WaitingQueue: lambda r: (r.registration_number, r.his_number),
    contracts.ListLabReports: _span_of_patient,
    contracts.LabReport: lambda r: (r.his_patient_id, r.report_code),
    contracts.ListExamReports: _span_of_patient,
    contracts.ExamReport: lambda r: (r.his_patient_id, r.report_code),
}
_COMMANDS: Mapping[type[Request], Callable[[Writer, Any], Ask]] = {
    contracts.CreatePatient: _create,
    contracts.UpdatePatient: _update,
    contracts.LockNumber: _lock,
    contracts.UnlockNumber: _unlock,
    contracts.Register: _register,
    contracts.PayRegistration: _pay,
    contracts.CheckIn: _check_in,
    contracts.TellVisit: _tell_visit,
    contracts.CancelRegistration: _cancel,
}

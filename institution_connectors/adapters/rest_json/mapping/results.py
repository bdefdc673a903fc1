"""Results out of the data of answers."""

from __future__ import annotations

from institution_connectors.adapters.rest_json.errors import Unreadable
from institution_connectors.adapters.rest_json.mapping import records
from institution_connectors.adapters.rest_json.mapping.inbound import visit
from institution_connectors.adapters.rest_json.mapping.words import Row
from institution_connectors.contracts import (
    Bill,
    BillItem,
    BillItems,
    Bills,
    Cancelled,
    CheckedIn,
    Departments,
    Doctors,
    Done,
    FeeItem,
    FeeQuote,
    LabReportLines,
    LabValue,
    Ledger,
    LedgerLine,
    Locked,
    NumberClass,
    NumberClasses,
    Numbers,
    PatientCreated,
    Patients,
    Pong,
    QueuePlace,
    QueueState,
    Registered,
    Registrations,
    Report,
    Reports,
    Schedules,
    Settled,
    Stops,
    VisitReport,
    VisitReports,
)


def pong(row: Row) -> Pong:
    return Pong(his_time=row.time("time"))


def departments(row: Row) -> Departments:
    return Departments(departments=tuple(map(records.department, row.rows("list"))), total=row.number("total"))


def doctors(row: Row) -> Doctors:
    return Doctors(doctors=tuple(map(records.doctor, row.rows("list"))), total=row.number("total"))


def number_classes(row: Row) -> NumberClasses:
    return NumberClasses(
        classes=tuple(
            NumberClass(code=item.text("reg_level"), name=item.text("reg_level_name"), fee_fen=item.fen("reg_fee"))
            for item in row.rows("list")
        )
    )


def schedules(row: Row) -> Schedules:
    return Schedules(schedules=tuple(map(records.schedule, row.rows("list"))), total=row.number("total"))


def numbers(row: Row) -> Numbers:
    return Numbers(numbers=tuple(map(records.number, row.rows("list"))), total=row.number("total"))


def stops(row: Row) -> Stops:
    return Stops(stops=tuple(map(records.stop, row.rows("list"))))


def patients(row: Row) -> Patients:
    return Patients(patients=tuple(map(records.patient, row.rows("list"))))


def patient_created(row: Row) -> PatientCreated:
    return PatientCreated(his_patient_id=row.text("patient_id"), existed=row.flag("existed"))


def done(_row: Row) -> Done:
    return Done()


def fee_quote(row: Row) -> FeeQuote:
    items = tuple(
        FeeItem(code=item.optional("item_code"), name=item.text("item_name"), amount_fen=item.fen("amount"))
        for item in row.rows("items")
    )
    return FeeQuote(
        total_fen=row.fen("total_fee"),
        items=items,
        discount=row.optional("discount"),
        valid_until=row.time_or_none("valid_until"),
    )


def locked(row: Row) -> Locked:
    return Locked(
        lock_code=row.text("pre_id"),
        number_code=row.text("number_id"),
        sequence=row.number("see_no"),
        expires_at=row.time("expire_time"),
    )


def registered(row: Row) -> Registered:
    return Registered(
        his_number=row.text("reg_id"),
        his_patient_id=row.text("patient_id"),
        sequence=row.number("see_no"),
        place=row.optional("address"),
        receipt_number=row.optional("receipt_no"),
    )


def checked_in(row: Row) -> CheckedIn:
    return CheckedIn(ticket=row.text("queue_no"), ahead=row.number_or_none("ahead"), place=row.optional("address"))


def cancelled(row: Row) -> Cancelled:
    return Cancelled(
        his_number=row.text("reg_id"), receipt_number=row.optional("receipt_no"), already=row.flag("already")
    )


def registrations(row: Row) -> Registrations:
    return Registrations(registrations=tuple(map(records.registration, row.rows("list"))), total=row.number("total"))


def visit_reports(row: Row) -> VisitReports:
    return VisitReports(
        reports=tuple(
            VisitReport(event_number=item.text("event_no"), fact=visit(item.time("occurred_at"), item))
            for item in row.rows("list")
        ),
        total=row.number("total"),
    )


def queue_state(row: Row) -> QueueState:
    return QueueState(
        places=tuple(
            QueuePlace(
                department_code=item.text("dept_id"),
                ticket=item.text("queue_no"),
                ahead=item.number("ahead"),
                place=item.optional("address"),
                now_serving=item.optional("now_serving"),
            )
            for item in row.rows("list")
        )
    )


def bills(row: Row) -> Bills:
    return Bills(
        bills=tuple(
            Bill(
                code=item.text("recipe_id"),
                title=item.text("title"),
                amount_fen=item.fen("should_money"),
                registration_number=item.optional("reg_id"),
                department_code=item.optional("dept_id"),
                doctor_name=item.optional("doctor_name"),
                opened_at=item.time("time_opened"),
            )
            for item in row.rows("list")
        )
    )


def bill_items(row: Row) -> BillItems:
    return BillItems(
        items=tuple(
            BillItem(
                code=item.text("item_code"),
                name=item.text("item_name"),
                unit_price_fen=item.fen("price"),
                quantity=item.text("quantity"),
                amount_fen=item.fen("amount"),
                unit=item.optional("unit"),
                reverses=item.optional("reverse_of"),
            )
            for item in row.rows("list")
        )
    )


def settled(row: Row) -> Settled:
    return Settled(settlement_number=row.text("setl_no"), receipt_number=row.optional("receipt_no"))


def ledger(row: Row) -> Ledger:
    return Ledger(
        lines=tuple(
            LedgerLine(
                line_number=item.text("reconciliation_no"),
                order_number=item.text("trade_no"),
                amount_fen=item.fen("amount"),
                business=item.text("business"),
                happened_at=item.time("time_trade"),
                reverses=item.optional("reverse_of"),
            )
            for item in row.rows("list")
        ),
        total=row.number("total"),
    )


def reports(row: Row) -> Reports:
    return Reports(reports=tuple(map(_report, row.rows("list"))))


def lab_report(row: Row) -> LabReportLines:
    return LabReportLines(
        report=_report(row.within("report")),
        values=tuple(
            LabValue(
                code=item.optional("code"),
                name=item.text("name"),
                value=item.text("value"),
                unit=item.optional("unit"),
                reference=item.optional("reference"),
                flag=item.optional("flag"),
            )
            for item in row.rows("list")
        ),
    )


def _report(row: Row) -> Report:
    state = row.text("state")
    if not state.isdigit():
        raise Unreadable("report state is no number")
    return Report(
        code=row.text("sample_id"),
        title=row.text("title"),
        approved=int(state) >= 3,
        reported_at=row.time("time_report"),
    )

"""Results out of the views of what comes after booking: bills, the day book, stays, medicine, reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import sqlalchemy as sa

from institution_connectors import contracts as c
from institution_connectors.adapters.exchange_db.errors import CallFailed, Incomplete, Unreadable
from institution_connectors.adapters.exchange_db.mapping import records
from institution_connectors.adapters.exchange_db.mapping.views import AT_ONCE, span
from institution_connectors.adapters.exchange_db.mapping.words import Row
from institution_connectors.adapters.exchange_db.reading import Reading
from institution_connectors.adapters.exchange_db.tables import TABLES
from institution_connectors.contracts import Answer, InvoiceState, Operation, Reason, Result

_INVOICE_STATES = {
    "0": InvoiceState.PENDING,
    "1": InvoiceState.ISSUED,
    "2": InvoiceState.PRINTED,
    "3": InvoiceState.REIMBURSED,
    "4": InvoiceState.RED,
}


def _of(view: str) -> sa.ColumnCollection[str, sa.Column[Any]]:
    return TABLES[view].c


def pending_bills(request: c.ListPendingBills, at: Reading) -> c.Bills:
    rows = at.rows("v_hub_bill", _of("v_hub_bill").patient_no == request.his_patient_id, order=("bill_no",))
    return c.Bills(
        bills=tuple(
            c.Bill(
                code=row.text("bill_no"),
                title=row.text("title"),
                amount_fen=row.fen("amount"),
                registration_number=row.optional("reg_no"),
                department_code=row.optional("dept_code"),
                doctor_name=row.optional("doctor_name"),
                opened_at=row.time("opened_at"),
            )
            for row in rows
        )
    )


def bill_detail(request: c.BillDetail, at: Reading) -> c.BillItems:
    columns, codes = _of("v_hub_bill_item"), request.bill_codes
    rows: list[Row] = []
    for first in range(0, len(codes), AT_ONCE):
        some = columns.bill_no.in_(codes[first : first + AT_ONCE])
        mine = columns.patient_no == request.his_patient_id
        rows += at.rows("v_hub_bill_item", some, mine, order=("bill_no", "line_no"))
    return c.BillItems(items=tuple(map(records.bill_item, rows)))


def paid_bill_detail(request: c.PaidBillDetail, at: Reading) -> c.BillItems:
    columns = _of("v_hub_bill_item")
    rows = at.rows(
        "v_hub_bill_item",
        columns.settlement_no == request.settlement_number,
        columns.patient_no == request.his_patient_id,
        order=("bill_no", "line_no"),
    )
    if not rows:
        raise CallFailed(Answer.rejected(Reason.NOT_FOUND, text="v_hub_bill_item has no such settlement"))
    return c.BillItems(items=tuple(map(records.bill_item, rows)))


def paid_bills(request: c.ListPaidBills, at: Reading) -> c.PaidBills:
    columns = _of("v_hub_paid_bill")
    rows = at.rows(
        "v_hub_paid_bill",
        columns.patient_no == request.his_patient_id,
        span(columns.paid_at, request.first_day, request.last_day),
        order=("paid_at", "receipt_no"),
    )
    found = tuple(
        c.PaidBill(
            settlement_number=row.text("settlement_no"),
            receipt_number=row.text("receipt_no"),
            title=row.text("title"),
            amount_fen=row.fen("amount"),
            paid_at=row.time("paid_at"),
            order_number=row.optional("order_no"),
            insurance_fund_fen=row.fen_or_zero("amount_fund"),
            insurance_account_fen=row.fen_or_zero("amount_account"),
            refundable=row.flag("refundable"),
        )
        for row in rows
    )
    return c.PaidBills(bills=found, total=len(found))


def invoices(request: c.ListInvoices, at: Reading) -> c.Invoices:
    columns = _of("v_hub_invoice")
    rows = at.rows(
        "v_hub_invoice",
        columns.patient_no == request.his_patient_id,
        span(columns.paid_at, request.first_day, request.last_day),
        order=("paid_at", "state"),
    )
    return c.Invoices(invoices=tuple(map(_invoice, rows)))


def _invoice(row: Row) -> c.Invoice:
    state = _INVOICE_STATES.get(row.text("state"))
    if state is None:
        raise Unreadable("v_hub_invoice.state is not one of 0 to 4")
    issued = state is not InvoiceState.PENDING
    return c.Invoice(
        settlement_number=row.text("settlement_no"),
        state=state,
        amount_fen=row.fen("amount"),
        code=row.text("invoice_code") if issued else "",
        number=row.text("invoice_no") if issued else "",
        verification_code=row.optional("verify_code"),
        issued_at=row.time("issued_at") if issued else None,
        address=row.optional("address"),
        reverses=row.optional("reverse_of"),
    )


def ledger(request: c.DailyLedger, at: Reading) -> c.Ledger:
    of_day = span(_of("v_hub_ledger").trade_time, request.day, request.day)
    rows = at.rows("v_hub_ledger", of_day, order=("trade_time", "line_no"), limit=request.limit, offset=request.offset)
    lines = tuple(
        c.LedgerLine(
            line_number=row.text("line_no"),
            order_number=row.text("order_no"),
            amount_fen=row.fen("amount"),
            business=row.text("business"),
            happened_at=row.time("trade_time"),
            reverses=row.optional("reverse_of"),
        )
        for row in rows
    )
    return c.Ledger(lines=lines, total=at.count("v_hub_ledger", of_day))


def stays(request: c.InpatientStay, at: Reading) -> c.Stays:
    rows = at.rows("v_hub_stay", _of("v_hub_stay").patient_no == request.his_patient_id, order=("admitted_at",))
    return c.Stays(
        stays=tuple(
            c.Stay(
                stay_number=row.text("stay_no"),
                department_name=row.text("dept_name"),
                ward=row.optional("ward"),
                bed=row.optional("bed"),
                doctor_name=row.optional("doctor_name"),
                admitted_at=row.time("admitted_at"),
                discharged_at=row.time_or_none("discharged_at"),
                prepaid_fen=row.fen("prepaid"),
                spent_fen=row.fen("spent"),
                balance_fen=row.fen("balance"),
            )
            for row in reversed(rows)
        )
    )


def medicine(request: c.PharmacyQueue, at: Reading) -> c.DispensingQueue:
    rows = at.rows("v_hub_medicine", _of("v_hub_medicine").patient_no == request.his_patient_id, order=("dispense_no",))
    return c.DispensingQueue(
        places=tuple(
            c.DispensingPlace(
                dispensing_number=row.text("dispense_no"),
                window=row.optional("window_no"),
                ahead=row.number("ahead"),
                ready=row.flag("is_ready"),
                place=row.optional("place"),
            )
            for row in rows
        )
    )


def lab_reports(request: c.ListLabReports, at: Reading) -> c.Reports:
    return _reports(at, "v_hub_lab_report", request.his_patient_id, request.first_day, request.last_day)


def exam_reports(request: c.ListExamReports, at: Reading) -> c.Reports:
    return _reports(at, "v_hub_exam_report", request.his_patient_id, request.first_day, request.last_day)


def discharge_summaries(request: c.ListDischargeSummaries, at: Reading) -> c.Reports:
    return _reports(at, "v_hub_discharge", request.his_patient_id, request.first_day, request.last_day)


def _reports(at: Reading, view: str, patient: str, first: date, last: date) -> c.Reports:
    columns = _of(view)
    rows = at.rows(view, columns.patient_no == patient, span(columns.reported_at, first, last), order=("report_no",))
    return c.Reports(reports=tuple(map(records.report, rows)))


def lab_report(request: c.LabReport, at: Reading) -> c.LabReportLines:
    head = _report(at, "v_hub_lab_report", request.his_patient_id, request.report_code)
    lines = _lines(at, "v_hub_lab_value", request.report_code, head.number("value_total"))
    return c.LabReportLines(
        report=records.report(head),
        values=tuple(
            c.LabValue(
                code=row.optional("item_code"),
                name=row.text("item_name"),
                value=row.text("item_value"),
                unit=row.optional("unit"),
                reference=row.optional("reference"),
                flag=row.optional("abnormal"),
            )
            for row in lines
        ),
    )


def exam_report(request: c.ExamReport, at: Reading) -> c.ExamReportText:
    head = _report(at, "v_hub_exam_report", request.his_patient_id, request.report_code)
    images = _lines(at, "v_hub_exam_image", request.report_code, head.number("image_total"))
    return c.ExamReportText(
        report=records.report(head),
        part=head.optional("part"),
        finding=head.text("finding"),
        conclusion=head.text("conclusion"),
        doctor_name=head.optional("doctor_name"),
        images=tuple(
            c.ReportImage(
                title=row.optional("title"), content_type=row.text("content_type"), content=row.text("content")
            )
            for row in images
        ),
    )


def discharge_summary(request: c.DischargeSummary, at: Reading) -> c.DischargeSummaryText:
    row = _report(at, "v_hub_discharge", request.his_patient_id, request.report_code)
    return c.DischargeSummaryText(
        report=records.report(row),
        stay_number=row.text("stay_no"),
        department_name=row.text("dept_name"),
        admitted_at=row.time("admitted_at"),
        discharged_at=row.time("discharged_at"),
        admission_diagnosis=row.text("diagnosis_in"),
        discharge_diagnosis=row.text("diagnosis_out"),
        course=row.text("course"),
        advice=row.text("advice"),
        doctor_name=row.optional("doctor_name"),
    )


def _report(at: Reading, view: str, patient: str, code: str) -> Row:
    columns = _of(view)
    return at.one(view, columns.report_no == code, columns.patient_no == patient)


def _lines(at: Reading, view: str, code: str, total: int) -> list[Row]:
    rows = at.rows(view, _of(view).report_no == code, order=("line_no",))
    if len(rows) != total:
        raise Incomplete(f"{view} has {len(rows)} rows, the report counts {total}")
    return rows


READERS: dict[Operation, Callable[[Any, Reading], Result]] = {
    Operation.LIST_PENDING_BILLS: pending_bills,
    Operation.BILL_DETAIL: bill_detail,
    Operation.LIST_PAID_BILLS: paid_bills,
    Operation.PAID_BILL_DETAIL: paid_bill_detail,
    Operation.LIST_INVOICES: invoices,
    Operation.DAILY_LEDGER: ledger,
    Operation.INPATIENT_STAY: stays,
    Operation.PHARMACY_QUEUE: medicine,
    Operation.LIST_LAB_REPORTS: lab_reports,
    Operation.LAB_REPORT: lab_report,
    Operation.LIST_EXAM_REPORTS: exam_reports,
    Operation.EXAM_REPORT: exam_report,
    Operation.LIST_DISCHARGE_SUMMARIES: discharge_summaries,
    Operation.DISCHARGE_SUMMARY: discharge_summary,
}

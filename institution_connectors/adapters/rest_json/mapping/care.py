"""What is asked and answered beyond booking: payments made, e-invoices, stays, the pharmacy, reports, summaries."""

from __future__ import annotations

from typing import Any, Protocol

from institution_connectors import contracts
from institution_connectors.adapters.rest_json.errors import Unreadable
from institution_connectors.adapters.rest_json.mapping.words import Row, Words
from institution_connectors.contracts import InvoiceState

Body = dict[str, Any]
_INVOICE_STATES = {
    "0": InvoiceState.PENDING,
    "1": InvoiceState.ISSUED,
    "2": InvoiceState.PRINTED,
    "3": InvoiceState.REIMBURSED,
    "4": InvoiceState.RED,
}
_APPROVED = 3


class _OfPatient(Protocol):
    @property
    def his_patient_id(self) -> str: ...


def of_patient(request: _OfPatient, _words: Words) -> Body:
    """Everything of a patient's."""
    return {"patient_id": request.his_patient_id}


def of_span(
    request: contracts.ListPaidBills
    | contracts.ListInvoices
    | contracts.ListLabReports
    | contracts.ListExamReports
    | contracts.ListDischargeSummaries,
    _words: Words,
) -> Body:
    """What is a patient's in a span of days."""
    return {
        "patient_id": request.his_patient_id,
        "start_date": request.first_day.isoformat(),
        "end_date": request.last_day.isoformat(),
    }


def paid_bill_detail(request: contracts.PaidBillDetail, _words: Words) -> Body:
    """The lines of a settlement."""
    return {"patient_id": request.his_patient_id, "setl_no": request.settlement_number}


def of_report(request: contracts.ExamReport | contracts.DischargeSummary, _words: Words) -> Body:
    """One report or summary."""
    return {"patient_id": request.his_patient_id, "report_id": request.report_code}


def paid_bills(row: Row) -> contracts.PaidBills:
    """Settlements of a patient."""
    return contracts.PaidBills(
        bills=tuple(
            contracts.PaidBill(
                settlement_number=item.text("setl_no"),
                receipt_number=item.text("receipt_no"),
                title=item.text("title"),
                amount_fen=item.fen("amount"),
                paid_at=item.time("time_payed"),
                order_number=item.optional("trade_no"),
                insurance_fund_fen=item.fen("amount_si") if item.has("amount_si") else 0,
                insurance_account_fen=item.fen("amount_acc") if item.has("amount_acc") else 0,
                refundable=item.flag("refundable"),
            )
            for item in row.rows("list")
        ),
        total=row.number("total"),
    )


def invoices(row: Row) -> contracts.Invoices:
    """E-invoices; whatever is issued has its number."""
    return contracts.Invoices(invoices=tuple(map(_invoice, row.rows("list"))))


def _invoice(row: Row) -> contracts.Invoice:
    state = _INVOICE_STATES.get(row.text("state"))
    if state is None:
        raise Unreadable("invoice state is not one of 0 to 4")
    issued = state is not InvoiceState.PENDING
    return contracts.Invoice(
        settlement_number=row.text("setl_no"),
        state=state,
        amount_fen=row.fen("amount"),
        code=row.text("invoice_code") if issued else "",
        number=row.text("invoice_no") if issued else "",
        verification_code=row.optional("verify"),
        issued_at=row.time("time_issued") if issued else None,
        address=row.optional("down_url"),
        reverses=row.optional("reverse_of"),
    )


def stays(row: Row) -> contracts.Stays:
    """Inpatient stays."""
    return contracts.Stays(
        stays=tuple(
            contracts.Stay(
                stay_number=item.text("inhosp_no"),
                department_name=item.text("dept_name"),
                ward=item.optional("ward"),
                bed=item.optional("bed"),
                doctor_name=item.optional("doctor_name"),
                admitted_at=item.time("time_in"),
                discharged_at=item.time_or_none("time_out"),
                prepaid_fen=item.fen("fee_prepay"),
                spent_fen=item.fen("fee_expend"),
                balance_fen=item.fen("fee_balance"),
            )
            for item in row.rows("list")
        )
    )


def dispensing_queue(row: Row) -> contracts.DispensingQueue:
    """Where medicine stands."""
    return contracts.DispensingQueue(
        places=tuple(
            contracts.DispensingPlace(
                dispensing_number=item.text("dispense_no"),
                window=item.optional("window_no"),
                ahead=item.number("ahead"),
                ready=item.flag("ready"),
                place=item.optional("address"),
            )
            for item in row.rows("list")
        )
    )


def reports(row: Row) -> contracts.Reports:
    """Examination reports or discharge summaries that exist."""
    return contracts.Reports(reports=tuple(map(_report, row.rows("list"))))


def exam_report(row: Row) -> contracts.ExamReportText:
    """One examination."""
    return contracts.ExamReportText(
        report=_report(row),
        part=row.optional("part"),
        finding=row.text("finding"),
        conclusion=row.text("conclusion"),
        doctor_name=row.optional("doctor_name"),
        images=tuple(
            contracts.ReportImage(
                title=item.optional("title"), content_type=item.text("content_type"), content=item.text("content")
            )
            for item in (row.rows("images") if row.has("images") else ())
        ),
    )


def discharge_summary(row: Row) -> contracts.DischargeSummaryText:
    """One discharge summary."""
    return contracts.DischargeSummaryText(
        report=_report(row),
        stay_number=row.text("inhosp_no"),
        department_name=row.text("dept_name"),
        admitted_at=row.time("time_in"),
        discharged_at=row.time("time_out"),
        admission_diagnosis=row.text("diagnosis_in"),
        discharge_diagnosis=row.text("diagnosis_out"),
        course=row.text("course"),
        advice=row.text("advice"),
        doctor_name=row.optional("doctor_name"),
    )


def _report(row: Row) -> contracts.Report:
    return contracts.Report(
        code=row.text("report_id"),
        title=row.text("title"),
        approved=row.number("state") >= _APPROVED,
        reported_at=row.time("time_report"),
    )

"""What a hospital answers beyond booking, in every dialect that has it, against the real sandbox over sockets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from hub import clock
from institution_connectors import contracts as c
from institution_connectors.contracts import Operation, Reason
from tests.connectors.contract.conftest import His
from tests.connectors.people import hub_number, paid


@dataclass(frozen=True)
class Visit:
    """A patient of the hospital and his registration."""

    patient_id: str
    his_number: str
    hub_number: str


@pytest.fixture
def visit(his: His) -> Visit:
    """Somebody registered."""
    request = his.registration()
    known = his.ask(request).expect(c.Registered)
    return Visit(request.patient.his_id, known.his_number, request.hub_number)


def _days() -> dict[str, object]:
    return {"first_day": clock.today() - timedelta(days=1), "last_day": clock.today() + timedelta(days=1)}


def _settled(his: His, visit: Visit) -> tuple[c.Settled, int]:
    his.board.act("open_bill", his_number=visit.his_number)
    [bill] = his.ask(c.ListPendingBills(his_patient_id=visit.patient_id)).expect(c.Bills).bills
    settle = c.SettleBills(
        hub_number=hub_number(),
        his_patient_id=visit.patient_id,
        bill_codes=(bill.code,),
        payment=paid(bill.amount_fen),
    )
    return his.ask(settle).expect(c.Settled), bill.amount_fen


def test_a_bill_is_paid_and_then_listed_with_its_signed_lines(his: His, visit: Visit) -> None:
    his.needs(Operation.SETTLE_BILLS, Operation.LIST_PAID_BILLS, Operation.PAID_BILL_DETAIL)
    settled, amount = _settled(his, visit)
    assert his.ask(c.ListPendingBills(his_patient_id=visit.patient_id)).expect(c.Bills).bills == ()
    listed = his.ask(c.ListPaidBills(his_patient_id=visit.patient_id, **_days())).expect(c.PaidBills)  # type: ignore[arg-type]
    [bill] = listed.bills
    assert (bill.settlement_number, bill.amount_fen, bill.refundable) == (settled.settlement_number, amount, True)
    asked = c.PaidBillDetail(his_patient_id=visit.patient_id, settlement_number=settled.settlement_number)
    items = his.ask(asked).expect(c.BillItems).items
    assert sum(item.amount_fen for item in items) == amount
    assert any(item.amount_fen < 0 and item.reverses for item in items)  # F13


def test_a_refunded_settlement_turns_its_invoice_red(his: His, visit: Visit) -> None:
    his.needs(Operation.LIST_INVOICES, Operation.REFUND_BILLS)
    settled, amount = _settled(his, visit)
    asked = c.ListInvoices(his_patient_id=visit.patient_id, **_days())  # type: ignore[arg-type]
    [invoice] = his.ask(asked).expect(c.Invoices).invoices
    assert (invoice.state, invoice.amount_fen) == (c.InvoiceState.ISSUED, amount)
    refund = c.Refund(refund_number=hub_number("R"), order_number="P", amount_fen=amount)
    his.ask(c.RefundBills(hub_number=hub_number(), settlement_number=settled.settlement_number, refund=refund)).expect(
        c.Settled
    )
    [_, red] = his.ask(asked).expect(c.Invoices).invoices
    assert (red.state, red.amount_fen, red.reverses) == (c.InvoiceState.RED, -amount, invoice.number)
    [_, back] = his.ask(c.ListPaidBills(his_patient_id=visit.patient_id, **_days())).expect(c.PaidBills).bills  # type: ignore[arg-type]
    assert back.amount_fen == -amount


def test_medicine_moves_up_the_pharmacys_queue_until_it_is_ready(his: His, visit: Visit) -> None:
    his.needs(Operation.PHARMACY_QUEUE, Operation.SETTLE_BILLS)
    _settled(his, visit)
    asked = c.PharmacyQueue(his_patient_id=visit.patient_id)
    [waiting] = his.ask(asked).expect(c.DispensingQueue).places
    assert not waiting.ready
    his.board.act(
        "medicine_ready", his_number=visit.his_number, window="2号窗口", dispensing_number=waiting.dispensing_number
    )
    [ready] = his.ask(asked).expect(c.DispensingQueue).places
    assert (ready.ready, ready.ahead, ready.window) == (True, 0, "2号窗口")


def test_where_a_patient_stands_in_the_waiting_room(his: His, visit: Visit) -> None:
    his.needs(Operation.CHECK_IN, Operation.WAITING_QUEUE)
    asked = c.WaitingQueue(registration_number=visit.hub_number, his_number=visit.his_number)
    assert his.ask(asked).expect(c.QueueState).places == ()
    here = c.CheckIn(hub_number=hub_number(), registration_number=visit.hub_number, his_number=visit.his_number)
    ticket = his.ask(here).expect(c.CheckedIn).ticket
    [place] = his.ask(asked).expect(c.QueueState).places
    assert (place.ticket, place.ahead >= 0) == (ticket, True)


def test_laboratory_reports_are_listed_and_read(his: His, visit: Visit) -> None:
    his.needs(Operation.LIST_LAB_REPORTS, Operation.LAB_REPORT)
    made = his.board.act("lab_report", his_number=visit.his_number)
    [report] = his.ask(c.ListLabReports(his_patient_id=visit.patient_id, **_days())).expect(c.Reports).reports  # type: ignore[arg-type]
    assert (report.code, report.title, report.approved) == (made["report_code"], "血常规", True)
    asked = c.LabReport(his_patient_id=visit.patient_id, report_code=report.code)
    values = his.ask(asked).expect(c.LabReportLines).values
    assert next((value.value, value.unit, value.flag) for value in values) == ("11.2", "10^9/L", "H")


def test_examination_reports_are_listed_and_read_with_their_pictures(his: His, visit: Visit) -> None:
    his.needs(Operation.LIST_EXAM_REPORTS, Operation.EXAM_REPORT)
    made = his.board.act("exam_report", his_number=visit.his_number)
    [report] = his.ask(c.ListExamReports(his_patient_id=visit.patient_id, **_days())).expect(c.Reports).reports  # type: ignore[arg-type]
    assert (report.code, report.title, report.approved) == (made["report_code"], "胸部CT平扫", True)
    asked = c.ExamReport(his_patient_id=visit.patient_id, report_code=report.code)
    read = his.ask(asked).expect(c.ExamReportText)
    assert (read.part, read.doctor_name) == ("胸部", "周文")
    assert "未见明显异常" in read.conclusion
    assert [(image.content_type, image.content[:8]) for image in read.images] == [("image/png", "iVBORw0K")]


def test_another_patients_report_is_not_given(his: His, visit: Visit) -> None:
    his.needs(Operation.EXAM_REPORT)
    made = his.board.act("exam_report", his_number=visit.his_number)
    asked = c.ExamReport(his_patient_id=his.patient().his_id, report_code=made["report_code"])
    assert his.ask(asked).reason is Reason.NOT_FOUND


def test_a_stay_and_its_discharge_summary(his: His, visit: Visit) -> None:
    his.needs(Operation.INPATIENT_STAY)
    his.board.act("discharge", his_number=visit.his_number)
    [stay] = his.ask(c.InpatientStay(his_patient_id=visit.patient_id)).expect(c.Stays).stays
    assert stay.balance_fen == stay.prepaid_fen - stay.spent_fen
    assert stay.discharged_at is not None
    his.needs(Operation.LIST_DISCHARGE_SUMMARIES, Operation.DISCHARGE_SUMMARY)
    listed = c.ListDischargeSummaries(his_patient_id=visit.patient_id, **_days())  # type: ignore[arg-type]
    [report] = his.ask(listed).expect(c.Reports).reports
    asked = c.DischargeSummary(his_patient_id=visit.patient_id, report_code=report.code)
    summary = his.ask(asked).expect(c.DischargeSummaryText)
    assert (summary.stay_number, summary.discharge_diagnosis) == (stay.stay_number, "社区获得性肺炎（好转）")


def test_steps_of_visits_are_listed_with_what_they_bring(his: His, visit: Visit) -> None:
    his.needs(Operation.LIST_VISIT_EVENTS)
    since = clock.now() - timedelta(seconds=2)
    his.board.act("end_visit", his_number=visit.his_number)
    his.board.act("medicine_ready", his_number=visit.his_number, window="3号窗口", dispensing_number="D7")
    his.board.act("dispatch_medicine", his_number=visit.his_number, carrier="顺丰速运", tracking_number="SF1")
    reports = his.ask(c.ListVisitEvents(since=since)).expect(c.VisitReports).reports
    ended, ready, sent = (one.fact for one in reports if one.fact.registration_number == visit.hub_number)
    assert isinstance(ended, c.VisitEvent)
    assert ended.kind is c.VisitEventKind.VISIT_ENDED
    assert isinstance(ready, c.MedicineReady)
    assert (ready.window, ready.dispensing_number) == ("3号窗口", "D7")
    assert isinstance(sent, c.MedicineDispatched)
    assert (sent.carrier, sent.tracking_number) == ("顺丰速运", "SF1")
    later = c.ListVisitEvents(since=clock.now() + timedelta(minutes=1))
    if his.case.can(Operation.CONFIRM_VISIT_EVENTS):
        # told again whatever the time asked for, until the hub has said that it holds it: none written late is missed
        assert len(his.ask(later).expect(c.VisitReports).reports) == len(reports)
        held = c.ConfirmVisitEvents(event_numbers=tuple(report.event_number for report in reports))
        assert his.ask(held).outcome is his.ask(held).outcome is c.Outcome.ACCEPTED
    assert his.ask(later).expect(c.VisitReports).reports == ()

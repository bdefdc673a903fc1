"""What the hub asks after booking: bills and their payment, invoices, stays, queues, medicine, reports, price lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from institution_connectors.contracts.operations import Operation
from institution_connectors.contracts.requests import Command, Request
from institution_connectors.contracts.values import Payment, Refund


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPendingBills(Request):
    """What a patient has to pay."""

    OPERATION = Operation.LIST_PENDING_BILLS
    his_patient_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BillDetail(Request):
    """The lines of bills."""

    OPERATION = Operation.BILL_DETAIL
    his_patient_id: str
    bill_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleBills(Command):
    """Record bills as paid."""

    OPERATION = Operation.SETTLE_BILLS
    his_patient_id: str
    bill_codes: tuple[str, ...]
    payment: Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundBills(Command):
    """Record the refund of a settlement."""

    OPERATION = Operation.REFUND_BILLS
    settlement_number: str
    refund: Refund


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyLedger(Request):
    """The hospital's day book of hub business, from `offset`."""

    OPERATION = Operation.DAILY_LEDGER
    day: date
    offset: int = 0
    limit: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingQueue(Request):
    """Where a registration stands in the queue."""

    OPERATION = Operation.WAITING_QUEUE
    registration_number: str
    his_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLabReports(Request):
    """Laboratory reports of a patient."""

    OPERATION = Operation.LIST_LAB_REPORTS
    his_patient_id: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LabReport(Request):
    """The lines of one laboratory report."""

    OPERATION = Operation.LAB_REPORT
    his_patient_id: str
    report_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDictionary(Request):
    """A dictionary of the hospital, a page from `offset`."""

    OPERATION = Operation.LIST_DICTIONARY
    name: str
    offset: int = 0
    limit: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PresettleBills(Request):
    """What these bills would cost the patient, by insurance and by himself."""

    OPERATION = Operation.PRESETTLE_BILLS
    his_patient_id: str
    bill_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPaidBills(Request):
    """What a patient has paid in a span of days."""

    OPERATION = Operation.LIST_PAID_BILLS
    his_patient_id: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidBillDetail(Request):
    """The lines of a settlement."""

    OPERATION = Operation.PAID_BILL_DETAIL
    his_patient_id: str
    settlement_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInvoices(Request):
    """The e-invoices of a patient for payments of a span of days."""

    OPERATION = Operation.LIST_INVOICES
    his_patient_id: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OutpatientAccount(Request):
    """What lies on a patient's prepaid outpatient account."""

    OPERATION = Operation.OUTPATIENT_ACCOUNT
    his_patient_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepayOutpatient(Command):
    """Put a payment onto a patient's outpatient account."""

    OPERATION = Operation.PREPAY_OUTPATIENT
    his_patient_id: str
    payment: Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class InpatientStay(Request):
    """The inpatient stays of a patient, the present one and earlier ones."""

    OPERATION = Operation.INPATIENT_STAY
    his_patient_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepayInpatient(Command):
    """Put a payment onto the account of a stay."""

    OPERATION = Operation.PREPAY_INPATIENT
    stay_number: str
    payment: Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInpatientPrepays(Request):
    """The prepayments of a stay."""

    OPERATION = Operation.LIST_INPATIENT_PREPAYS
    stay_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InpatientFees(Request):
    """The account of a stay over a span of days."""

    OPERATION = Operation.INPATIENT_FEES
    stay_number: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class InpatientDailyList(Request):
    """The list of one day that a patient on the ward is given."""

    OPERATION = Operation.INPATIENT_DAILY_LIST
    stay_number: str
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PharmacyQueue(Request):
    """Where a patient's medicine stands at the pharmacy."""

    OPERATION = Operation.PHARMACY_QUEUE
    his_patient_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOrders(Request):
    """What the doctor ordered in a visit."""

    OPERATION = Operation.LIST_ORDERS
    his_patient_id: str
    his_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmDispensing(Command):
    """The patient took his medicine out of a machine."""

    OPERATION = Operation.CONFIRM_DISPENSING
    dispensing_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListExamReports(Request):
    """Examination reports (imaging, ultrasound, endoscopy) of a patient."""

    OPERATION = Operation.LIST_EXAM_REPORTS
    his_patient_id: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamReport(Request):
    """One examination report with its finding and pictures."""

    OPERATION = Operation.EXAM_REPORT
    his_patient_id: str
    report_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDischargeSummaries(Request):
    """The discharge summaries of a patient's stays that ended in a span of days."""

    OPERATION = Operation.LIST_DISCHARGE_SUMMARIES
    his_patient_id: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DischargeSummary(Request):
    """One discharge summary."""

    OPERATION = Operation.DISCHARGE_SUMMARY
    his_patient_id: str
    report_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChargeItems(Request):
    """The price list, a page from `offset`."""

    OPERATION = Operation.LIST_CHARGE_ITEMS
    offset: int = 0
    limit: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDrugs(Request):
    """The drug list, a page from `offset`."""

    OPERATION = Operation.LIST_DRUGS
    offset: int = 0
    limit: int = 500

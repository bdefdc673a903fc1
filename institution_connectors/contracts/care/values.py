"""The values of what comes after booking: bills, invoices, stays, queues, reports. Times aware, money integer fen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A bill of outpatient care: one prescription or request form."""

    code: str
    title: str
    amount_fen: int
    registration_number: str
    department_code: str
    doctor_name: str
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BillItem:
    """A line of a bill; reverse rows are negative and name the row they undo in `reverses` (F13)."""

    code: str
    name: str
    unit_price_fen: int
    quantity: str
    amount_fen: int
    unit: str = ""
    reverses: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """A line of the hospital's own day book; refunds are negative and name the line they undo (F13)."""

    line_number: str
    order_number: str
    amount_fen: int
    business: str
    happened_at: datetime
    reverses: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlace:
    """Where a patient stands in a queue."""

    department_code: str
    ticket: str
    ahead: int
    place: str = ""
    now_serving: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report that exists; only approved ones are shown."""

    code: str
    title: str
    approved: bool
    reported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LabValue:
    """One line of a laboratory report."""

    code: str
    name: str
    value: str
    unit: str = ""
    reference: str = ""
    flag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DictionaryEntry:
    """A row of a price list, drug list or other dictionary."""

    code: str
    name: str
    unit: str = ""
    price_fen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidBill:
    """A settlement of a patient's; a refunded one stands as two, the second negative (F13).

    `insurance_fund_fen` and `insurance_account_fen` are what the insurance paid; `refundable` is the hospital's word.
    """

    settlement_number: str
    receipt_number: str
    title: str
    amount_fen: int
    paid_at: datetime
    order_number: str = ""
    insurance_fund_fen: int = 0
    insurance_account_fen: int = 0
    refundable: bool = False


class InvoiceState(StrEnum):
    """Where an e-invoice stands; printed or reimbursed, its payment can't be refunded online (practice 28)."""

    PENDING = "pending"
    ISSUED = "issued"
    PRINTED = "printed"
    REIMBURSED = "reimbursed"
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An e-invoice of the hospital's finance platform; a red one is negative and names what it undoes.

    `code`, `number` and `verification_code` are empty while it is pending; `address` opens its picture.
    """

    settlement_number: str
    state: InvoiceState
    amount_fen: int
    code: str = ""
    number: str = ""
    verification_code: str = ""
    issued_at: datetime | None = None
    address: str = ""
    reverses: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """An inpatient stay; `balance_fen` is negative when the patient owes, `discharged_at` is None while he is in."""

    stay_number: str
    department_name: str
    ward: str
    bed: str
    doctor_name: str
    admitted_at: datetime
    discharged_at: datetime | None
    prepaid_fen: int
    spent_fen: int
    balance_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepay:
    """One prepayment of a stay; negative when it went back."""

    receipt_number: str
    amount_fen: int
    paid_at: datetime
    channel: str = ""
    order_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InpatientFee:
    """A line of a stay's account; reverse rows are negative and name the row they undo (F13)."""

    code: str
    name: str
    category: str
    day: date
    unit_price_fen: int
    quantity: str
    amount_fen: int
    unit: str = ""
    reverses: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispensingPlace:
    """Where medicine of a patient stands in the pharmacy's queue; `ahead` is 0 once it is `ready`."""

    dispensing_number: str
    window: str
    ahead: int
    ready: bool
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicalOrder:
    """An order of a doctor's: medicine, laboratory test, examination or treatment; `quantity` in `unit`."""

    code: str
    kind: str
    name: str
    quantity: str
    unit: str
    doctor_name: str
    ordered_at: datetime
    usage: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportImage:
    """A picture of an examination, its bytes in Base64."""

    title: str
    content_type: str
    content: str

"""What accepted asks after booking bring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from institution_connectors.contracts.care.values import (
    Bill,
    BillItem,
    DictionaryEntry,
    DispensingPlace,
    InpatientFee,
    Invoice,
    LabValue,
    LedgerLine,
    MedicalOrder,
    PaidBill,
    Prepay,
    QueuePlace,
    Report,
    ReportImage,
    Stay,
)
from institution_connectors.contracts.results import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Bills(Result):
    """Bills to pay, or paid."""

    bills: tuple[Bill, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BillItems(Result):
    """Lines of bills."""

    items: tuple[BillItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled(Result):
    """The settlement as the hospital knows it."""

    settlement_number: str
    receipt_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger(Result):
    """A page of the day book."""

    lines: tuple[LedgerLine, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState(Result):
    """Where the patient stands."""

    places: tuple[QueuePlace, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports(Result):
    """Reports of a patient."""

    reports: tuple[Report, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabReportLines(Result):
    """The lines of one laboratory report."""

    report: Report
    values: tuple[LabValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary(Result):
    """A page of a dictionary."""

    entries: tuple[DictionaryEntry, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Presettled(Result):
    """What bills would cost: `total_fen` = `insurance_fund_fen` + `insurance_account_fen` + `cash_fen`."""

    total_fen: int
    insurance_fund_fen: int
    insurance_account_fen: int
    cash_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidBills(Result):
    """What was paid; `total` is the hospital's own count (F11)."""

    bills: tuple[PaidBill, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoices(Result):
    """E-invoices of payments."""

    invoices: tuple[Invoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBalance(Result):
    """What lies on an account, in fen."""

    balance_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepaid(Result):
    """A prepayment as the hospital knows it, and what lies on the account now."""

    receipt_number: str
    balance_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stays(Result):
    """Stays, the latest first."""

    stays: tuple[Stay, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepays(Result):
    """Prepayments of a stay, in order."""

    prepays: tuple[Prepay, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InpatientAccount(Result):
    """Lines of a stay's account; `total_fen` is their signed sum by the hospital's own reckoning."""

    lines: tuple[InpatientFee, ...]
    total_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DispensingQueue(Result):
    """Where medicine stands."""

    places: tuple[DispensingPlace, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders(Result):
    """A doctor's orders, in order."""

    orders: tuple[MedicalOrder, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamReportText(Result):
    """An examination report: what was examined, seen and concluded; only approved ones are shown."""

    report: Report
    part: str
    finding: str
    conclusion: str
    doctor_name: str = ""
    images: tuple[ReportImage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DischargeSummaryText(Result):
    """A discharge summary as its hospital wrote it; only approved ones are shown."""

    report: Report
    stay_number: str
    department_name: str
    admitted_at: datetime
    discharged_at: datetime
    admission_diagnosis: str
    discharge_diagnosis: str
    course: str
    advice: str
    doctor_name: str = ""

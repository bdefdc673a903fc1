"""Rows of what comes after booking, in the words of the JSON dialect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.his.rest_json.wording import Wording, stamp

Data = dict[str, Any]
_INVOICE_STATES = {"pending": "0", "issued": "1", "printed": "2", "reimbursed": "3", "red": "4"}


def paid_bills(words: Wording, data: Mapping[str, Any]) -> Data:
    """Settlements."""
    rows = [
        {
            "setl_no": row["settlement_number"],
            "receipt_no": row["receipt_number"],
            "title": row["title"],
            "amount": words.money(row["amount_fen"]),
            "time_payed": stamp(row["paid_at"]),
            "trade_no": row["order_number"],
            "amount_si": words.money(0),
            "amount_acc": words.money(0),
            "refundable": "1" if row["refundable"] else "0",
        }
        for row in data["bills"]
    ]
    return {"total": data["total"], "list": rows}


def invoices(words: Wording, data: Mapping[str, Any]) -> Data:
    """E-invoices."""
    return {
        "list": [
            {
                "setl_no": row["settlement_number"],
                "state": _INVOICE_STATES[row["state"]],
                "amount": words.money(row["amount_fen"]),
                "invoice_code": row["code"],
                "invoice_no": row["number"],
                "verify": row["verification_code"],
                "time_issued": stamp(row["issued_at"]),
                "down_url": "",
                "reverse_of": row["reverses"],
            }
            for row in data["invoices"]
        ]
    }


def stays(words: Wording, data: Mapping[str, Any]) -> Data:
    """Inpatient stays."""
    return {
        "list": [
            {
                "inhosp_no": row["stay_number"],
                "dept_name": row["department_name"],
                "ward": row["ward"],
                "bed": row["bed"],
                "doctor_name": row["doctor_name"],
                "time_in": stamp(row["admitted_at"]),
                "time_out": stamp(row["discharged_at"]) if row["discharged_at"] else "",
                "fee_prepay": words.money(row["prepaid_fen"]),
                "fee_expend": words.money(row["spent_fen"]),
                "fee_balance": words.money(row["balance_fen"]),
            }
            for row in data["stays"]
        ]
    }


def pharmacy(_: Wording, data: Mapping[str, Any]) -> Data:
    """Where medicine stands."""
    return {
        "list": [
            {
                "dispense_no": row["dispensing_number"],
                "window_no": row["window"],
                "ahead": row["ahead"],
                "ready": "1" if row["ready"] else "0",
                "address": row["place"],
            }
            for row in data["places"]
        ]
    }


def reports(_: Wording, data: Mapping[str, Any]) -> Data:
    """Reports and summaries that exist."""
    return {"list": [_head(row) for row in data["reports"]]}


def exam(_: Wording, data: Mapping[str, Any]) -> Data:
    """An examination report."""
    return {
        **_head(data["report"]),
        **{name: data[name] for name in ("part", "finding", "conclusion", "doctor_name")},
        "images": data["images"],
    }


def discharge(_: Wording, data: Mapping[str, Any]) -> Data:
    """A discharge summary."""
    return {
        **_head(data["report"]),
        "inhosp_no": data["stay_number"],
        "dept_name": data["department_name"],
        "time_in": stamp(data["admitted_at"]),
        "time_out": stamp(data["discharged_at"]),
        "diagnosis_in": data["admission_diagnosis"],
        "diagnosis_out": data["discharge_diagnosis"],
        "course": data["course"],
        "advice": data["advice"],
        "doctor_name": data["doctor_name"],
    }


def _head(row: Mapping[str, Any]) -> Data:
    return {
        "report_id": row["code"],
        "title": row["title"],
        "state": "3" if row["approved"] else "2",
        "time_report": stamp(row["reported_at"]),
    }


def bills(words: Wording, data: Mapping[str, Any]) -> Data:
    """Bills to pay."""
    rows = [
        {
            "recipe_id": row["code"],
            "title": row["title"],
            "should_money": words.money(row["amount_fen"]),
            "reg_id": row["registration_number"],
            "dept_id": row["department_code"],
            "doctor_name": row["doctor_name"],
            "time_opened": stamp(row["opened_at"]),
        }
        for row in data["bills"]
    ]
    return {"list": rows}


def items(words: Wording, data: Mapping[str, Any]) -> Data:
    """Lines of bills."""
    rows = [
        {
            "item_code": row["code"],
            "item_name": row["name"],
            "price": words.money(row["unit_price_fen"]),
            "quantity": row["quantity"],
            "amount": words.money(row["amount_fen"]),
            "unit": row["unit"],
            "reverse_of": row["reverses"],
        }
        for row in data["items"]
    ]
    return {"list": rows}


def ledger(words: Wording, data: Mapping[str, Any]) -> Data:
    """The day book."""
    rows = [
        {
            "reconciliation_no": str(row["line_number"]),
            "trade_no": row["order_number"],
            "amount": words.money(row["amount_fen"]),
            "business": row["business"],
            "time_trade": stamp(row["happened_at"]),
            "reverse_of": row["reverses"],
        }
        for row in data["lines"]
    ]
    return {"total": data["total"], "list": rows}


def report(row: Mapping[str, Any]) -> Data:
    """A laboratory report that exists."""
    return {
        "sample_id": row["code"],
        "title": row["title"],
        "state": "3" if row["approved"] else "2",
        "time_report": stamp(row["reported_at"]),
    }

"""Rows of the views, out of the books."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.his.clock import ZONE

Data = dict[str, Any]
NUMBER_STATES = {"free": "0", "locked": "1", "taken": "2", "stopped": "3"}
REGISTRATION_STATES = {"booked": "1", "paid": "2", "arrived": "3", "done": "4", "cancelled": "5", "stopped": "6"}
_INVOICE_STATES = {"pending": "0", "issued": "1", "printed": "2", "reimbursed": "3", "red": "4"}


def yuan(fen: int) -> Decimal:
    """1250 -> 12.50"""
    return Decimal(fen) / 100


def fen(amount: Decimal | None) -> int:
    """12.50 -> 1250"""
    return int((amount or Decimal(0)) * 100)


def moment(iso: str | None) -> datetime | None:
    """`2026-01-06T08:30:00+08:00` -> 2026-01-06 08:30:00 by the wall clock."""
    return datetime.fromisoformat(iso).astimezone(ZONE).replace(tzinfo=None) if iso else None


def department(row: Mapping[str, Any], *, misread: bool) -> Data:
    """A department; `misread`: its Chinese bytes taken for Latin-1 on the way (F5)."""
    name = str(row["name"])
    return {
        "dept_code": row["code"],
        "dept_name": name.encode("gb18030").decode("latin-1") if misread else name,
        "parent_code": row["parent_code"],
        "campus": row["campus"],
        "place": row["place"],
        "insurance_code": row["insurance_code"],
        "introduction": row["introduction"],
    }


def doctor(row: Mapping[str, Any]) -> Data:
    """A doctor."""
    return {
        "doctor_code": row["code"],
        "doctor_name": row["name"],
        "title": row["title"],
        "dept_codes": row["department_code"],
        "sex": row["sex"],
        "insurance_code": row["insurance_code"],
        "skills": row["skills"],
        "introduction": row["introduction"],
        "is_rota": str(row["rota"]),
    }


def number_class(row: Mapping[str, Any]) -> Data:
    """A class of number."""
    return {"class_code": row["code"], "class_name": row["name"], "fee": yuan(row["fee_fen"])}


def schedule(row: Mapping[str, Any]) -> Data:
    """A session."""
    return {
        "schedule_no": row["code"],
        "dept_code": row["department_code"],
        "doctor_code": row["doctor_code"],
        "clinic_date": date.fromisoformat(row["day"]),
        "period": row["period"],
        "start_time": moment(row["starts"]),
        "end_time": moment(row["ends"]),
        "class_code": row["class_code"],
        "class_name": row["class_name"],
        "fee": yuan(row["fee_fen"]),
        "number_total": row["capacity"],
        "number_left": row["remaining"],
        "state": "1" if row["state"] == "open" else "0",
        "campus": row["campus"],
        "place": row["place"],
    }


def number(row: Mapping[str, Any]) -> Data:
    """A number of a session."""
    return {
        "number_no": row["code"],
        "schedule_no": row["schedule_code"],
        "sequence_no": row["sequence"],
        "start_time": moment(row["starts"]),
        "end_time": moment(row["ends"]),
        "state": NUMBER_STATES[row["state"]],
    }


def stop(row: Mapping[str, Any]) -> Data:
    """A stopped session."""
    return {
        "schedule_no": row["schedule_code"],
        "clinic_date": date.fromisoformat(row["day"]),
        "reason": row["reason"],
        "is_whole": "1" if row["whole"] else "0",
        "from_sequence": row["from_sequence"],
        "from_time": moment(row["from_time"]),
        "decided_at": moment(row["decided_at"]),
    }


def registration(row: Mapping[str, Any]) -> Data:
    """A registration of the hub's."""
    starts = moment(row["starts"])
    return {
        "request_no": row["hub_number"],
        "reg_no": row["his_number"],
        "patient_no": row["patient_id"],
        "schedule_no": row["schedule_code"],
        "number_no": row["number_code"],
        "sequence_no": row["sequence"],
        "start_time": starts,
        "clinic_date": starts.date() if starts else None,
        "state": REGISTRATION_STATES[row["state"]],
        "fee": yuan(row["fee_fen"]),
        "order_no": row["order_number"],
    }


def queue(row: Mapping[str, Any], place: Mapping[str, Any]) -> Data:
    """Where somebody stands."""
    return {
        "reg_no": row["his_number"],
        "reg_request_no": row["hub_number"],
        "dept_code": place["department_code"],
        "queue_no": place["ticket"],
        "ahead": place["ahead"],
        "place": place["place"],
    }


def event(row: Mapping[str, Any]) -> Data:
    """A step of a visit."""
    told = json.loads(row["data"])
    return {
        "event_no": row["id"],
        "event_time": moment(row["happened_at"]),
        "event": told["kind"],
        "reg_no": told["his_number"],
        "reg_request_no": told["registration_number"],
        "patient_no": told["patient_id"],
        "queue_no": told["ticket"],
        "place": told["place"],
        "window_no": told["window"],
        "carrier": told["carrier"],
        "tracking_no": told["tracking_number"],
        "dispense_no": told["dispensing_number"],
    }


def ledger(row: Mapping[str, Any]) -> Data:
    """A line of the day book."""
    return {
        "line_no": str(row["line_number"]),
        "order_no": row["order_number"],
        "amount": yuan(row["amount_fen"]),
        "business": row["business"],
        "trade_time": moment(row["happened_at"]),
        "reverse_of": row["reverses"],
    }


def bill(row: Mapping[str, Any]) -> Data:
    """A bill to pay."""
    return {
        "bill_no": row["code"],
        "patient_no": row["patient_id"],
        "title": row["title"],
        "amount": yuan(row["amount_fen"]),
        "reg_no": row["registration_number"],
        "dept_code": row["department_code"],
        "doctor_name": row["doctor_name"],
        "opened_at": moment(row["opened_at"]),
    }


def bill_item(of: Mapping[str, Any], line: int, row: Mapping[str, Any]) -> Data:
    """A line of a bill."""
    return {
        "bill_no": of["code"],
        "patient_no": of["patient_id"],
        "settlement_no": of["settlement_number"],
        "line_no": line,
        "item_code": row["code"],
        "item_name": row["name"],
        "price": yuan(row["unit_price_fen"]),
        "quantity": row["quantity"],
        "amount": yuan(row["amount_fen"]),
        "unit": row["unit"],
        "reverse_of": row["reverses"],
    }


def paid_bill(patient: str, row: Mapping[str, Any]) -> Data:
    """A settlement."""
    return {
        "settlement_no": row["settlement_number"],
        "patient_no": patient,
        "receipt_no": row["receipt_number"],
        "title": row["title"],
        "amount": yuan(row["amount_fen"]),
        "paid_at": moment(row["paid_at"]),
        "order_no": row["order_number"],
        "refundable": "1" if row["refundable"] else "0",
    }


def invoice(patient: str, row: Mapping[str, Any]) -> Data:
    """An e-invoice."""
    return {
        "settlement_no": row["settlement_number"],
        "patient_no": patient,
        "state": _INVOICE_STATES[row["state"]],
        "amount": yuan(row["amount_fen"]),
        "paid_at": moment(row["issued_at"]),
        "invoice_code": row["code"],
        "invoice_no": row["number"],
        "verify_code": row["verification_code"],
        "issued_at": moment(row["issued_at"]),
        "reverse_of": row["reverses"],
    }


def stay(row: Mapping[str, Any]) -> Data:
    """A stay."""
    return {
        "stay_no": row["stay_number"],
        "patient_no": row["patient_id"],
        "dept_name": row["department_name"],
        "ward": row["ward"],
        "bed": row["bed"],
        "doctor_name": row["doctor_name"],
        "admitted_at": moment(row["admitted_at"]),
        "discharged_at": moment(row["discharged_at"]),
        "prepaid": yuan(row["prepaid_fen"]),
        "spent": yuan(row["spent_fen"]),
        "balance": yuan(row["balance_fen"]),
    }


def medicine(patient: str, row: Mapping[str, Any]) -> Data:
    """Where medicine stands."""
    return {
        "dispense_no": row["dispensing_number"],
        "patient_no": patient,
        "window_no": row["window"],
        "ahead": row["ahead"],
        "is_ready": "1" if row["ready"] else "0",
        "place": row["place"],
    }


def report(patient: str, row: Mapping[str, Any]) -> Data:
    """The head of a report."""
    return {
        "report_no": row["code"],
        "patient_no": patient,
        "title": row["title"],
        "state": "3" if row["approved"] else "2",
        "reported_at": moment(row["reported_at"]),
    }


def lab_value(code: str, line: int, row: Mapping[str, Any]) -> Data:
    """A line of a laboratory report."""
    return {
        "report_no": code,
        "line_no": line,
        "item_code": row["code"],
        "item_name": row["name"],
        "item_value": row["value"],
        "unit": row["unit"],
        "reference": row["reference"],
        "abnormal": row["flag"],
    }


def exam(patient: str, row: Mapping[str, Any]) -> Data:
    """An examination."""
    names = ("part", "finding", "conclusion", "doctor_name")
    return {**report(patient, row["report"]), **{name: row[name] for name in names}, "image_total": len(row["images"])}


def exam_image(code: str, line: int, row: Mapping[str, Any]) -> Data:
    """A picture."""
    return {"report_no": code, "line_no": line, **{name: row[name] for name in ("title", "content_type", "content")}}


def discharge(patient: str, row: Mapping[str, Any]) -> Data:
    """A discharge summary."""
    return {
        **report(patient, row["report"]),
        "stay_no": row["stay_number"],
        "dept_name": row["department_name"],
        "admitted_at": moment(row["admitted_at"]),
        "discharged_at": moment(row["discharged_at"]),
        "diagnosis_in": row["admission_diagnosis"],
        "diagnosis_out": row["discharge_diagnosis"],
        "course": row["course"],
        "advice": row["advice"],
        "doctor_name": row["doctor_name"],
    }

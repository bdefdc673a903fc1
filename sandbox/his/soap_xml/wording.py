"""Elements, times and money of the XML dialect, from and to the engine's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.his.clock import ZONE

Data = dict[str, Any]
PERIODS = {"am": "AM", "pm": "PM", "night": "NIGHT", "day": "DAY"}
NUMBER_STATES = {"free": "F", "locked": "L", "taken": "T", "stopped": "S"}
REGISTRATION_STATES = {"booked": "0", "paid": "1", "arrived": "2", "done": "3", "cancelled": "4", "stopped": "5"}


def yuan(fen: int) -> str:
    """1250 -> 12.50"""
    return f"{Decimal(fen) / 100:.2f}"


def fen(amount: str) -> int:
    """12.5 -> 1250; an amount with a part of a fen is an error."""
    value = Decimal(amount) * 100
    if value != int(value):
        raise ValueError(f"金额{amount}超过两位小数")
    return int(value)


def day(iso: str) -> str:
    """2026-01-06 -> 20260106"""
    return iso.replace("-", "")


def iso_day(text: str) -> str:
    """20260106 -> 2026-01-06"""
    return datetime.strptime(text, "%Y%m%d").date().isoformat()  # noqa: DTZ007


def stamp(iso: str | None) -> str:
    """2026-01-06T08:30:00+08:00 -> 20260106083000; nothing stays nothing."""
    return datetime.fromisoformat(iso).astimezone(ZONE).strftime("%Y%m%d%H%M%S") if iso else ""


def clock(iso: str) -> str:
    """2026-01-06T08:30:00+08:00 -> 083000"""
    return stamp(iso)[8:]


def patient(row: Mapping[str, Any]) -> Data:
    """An archive."""
    return {
        "PatientID": row["id"],
        "PatientName": row["name"],
        "CardType": row["document_type"],
        "CardNo": row["document_number"],
        "Sex": row["sex"],
        "BirthDate": day(row["birth_date"]),
        "MobilePhone": row["phone"],
        "Address": row["address"],
    }


def patient_fields(given: Mapping[str, str]) -> Data:
    """A patient of the hub's."""
    return {
        "name": given.get("PatientName", ""),
        "document_type": given.get("CardType", ""),
        "document_number": given.get("CardNo", ""),
        "sex": given.get("Sex", ""),
        "birth_date": iso_day(given["BirthDate"]) if given.get("BirthDate") else "",
        "phone": given.get("MobilePhone", ""),
        "address": given.get("Address", ""),
    }


def schedule(row: Mapping[str, Any]) -> Data:
    """A session; the rota of a department has doctor 0."""
    return {
        "ScheduleCode": row["code"],
        "DeptCode": row["department_code"],
        "DoctorCode": row["doctor_code"] or "0",
        "RegDate": day(row["day"]),
        "Period": PERIODS[row["period"]],
        "StartTime": clock(row["starts"]),
        "EndTime": clock(row["ends"]),
        "ClassCode": row["class_code"],
        "ClassName": row["class_name"],
        "Cost": yuan(row["fee_fen"]),
        "LimitNum": row["capacity"],
        "LeftNum": row["remaining"],
        "Status": "0" if row["state"] == "open" else "1",
        "Campus": row["campus"],
        "Address": row["place"],
    }


def number(row: Mapping[str, Any]) -> Data:
    """A number of a session."""
    return {
        "TimeCode": row["code"],
        "ScheduleCode": row["schedule_code"],
        "SickNo": row["sequence"],
        "RegDate": stamp(row["starts"])[:8],
        "TimeValue": f"{clock(row['starts'])}-{clock(row['ends'])}",
        "AvailableNum": "1" if row["state"] == "free" else "0",
        "Status": NUMBER_STATES[row["state"]],
    }


def stop(row: Mapping[str, Any]) -> Data:
    """A stopped session."""
    return {
        "ScheduleCode": row["schedule_code"],
        "RegDate": day(row["day"]),
        "Reason": row["reason"],
        "FromSickNo": row["from_sequence"] or "",
        "FromTime": stamp(row["from_time"]),
        "StopTime": stamp(row["decided_at"]),
    }


def visit_event(row: Mapping[str, Any]) -> Data:
    """A step of a visit."""
    return {
        "EventNo": row["event_number"],
        "EventTime": stamp(row["happened_at"]),
        "Event": row["kind"].upper(),
        "NullahNumber": row["his_number"],
        "RegRequestNo": row["registration_number"],
        "PatientID": row["patient_id"],
        "SickSeq": row["ticket"],
        "AdmitAddress": row["place"],
        "WindowNo": row["window"],
        "Carrier": row["carrier"],
        "TrackingNo": row["tracking_number"],
        "DispenseNo": row["dispensing_number"],
    }


def registration(row: Mapping[str, Any]) -> Data:
    """A registration in a list."""
    return {
        "RegRequestNo": row["hub_number"],
        "NullahNumber": row["his_number"],
        "PatientID": row["patient_id"],
        "ScheduleCode": row["schedule_code"],
        "TimeCode": row["number_code"],
        "SickNo": row["sequence"],
        "RegDateTime": stamp(row["starts"]),
        "Status": REGISTRATION_STATES[row["state"]],
        "Cost": yuan(row["fee_fen"]),
        "OrderNo": row["order_number"],
    }


def iso_instant(text: str) -> str:
    """`20260106083000` -> `2026-01-06T08:30:00+08:00`."""
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=ZONE).isoformat()

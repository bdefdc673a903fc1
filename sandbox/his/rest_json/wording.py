"""Field names, times and money of the JSON dialect, from and to the engine's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.his.clock import ZONE

Data = dict[str, Any]
CODES = {
    "not_authorised": "1001",
    "not_supported": "1002",
    "number_reused": "1003",
    "no_source": "2001",
    "already_booked": "2002",
    "patient_not_found": "2003",
    "price_changed": "2004",
    "closed": "2005",
    "lock_expired": "2006",
    "not_found": "2007",
    "too_late": "2008",
    "limit_reached": "2009",
    "busy": "5003",
    "refused": "-1",
}
NUMBER_STATES = {"free": "0", "locked": "1", "taken": "2", "stopped": "3"}
REGISTRATION_STATES = {"booked": "1", "paid": "2", "arrived": "3", "done": "4", "cancelled": "5", "stopped": "6"}


class Wording:
    """One hospital's way of writing: amounts in fen or in yuan."""

    def __init__(self, *, yuan: bool) -> None:
        self._yuan = yuan

    def money(self, fen: int) -> int | str:
        """An amount as this hospital writes it."""
        return f"{Decimal(fen) / 100:.2f}" if self._yuan else fen

    def fen(self, amount: object) -> int:
        """An amount of the hub's."""
        return int(Decimal(str(amount)) * 100) if self._yuan else int(str(amount))

    def schedule(self, row: Mapping[str, Any]) -> Data:
        """A session."""
        return {
            "schedule_no": row["code"],
            "dept_id": row["department_code"],
            "doctor_id": row["doctor_code"],
            "date": row["day"],
            "noon": row["period"],
            "start_time": stamp(row["starts"]),
            "end_time": stamp(row["ends"]),
            "reg_level": row["class_code"],
            "reg_level_name": row["class_name"],
            "reg_fee": self.money(row["fee_fen"]),
            "reg_total": row["capacity"],
            "reg_count": row["remaining"],
            "state": "1" if row["state"] == "open" else "0",
            "campus": row["campus"],
            "address": row["place"],
        }

    def registration(self, row: Mapping[str, Any]) -> Data:
        """A registration in a list."""
        return {
            "hub_no": row["hub_number"],
            "reg_id": row["his_number"],
            "patient_id": row["patient_id"],
            "schedule_no": row["schedule_code"],
            "number_id": row["number_code"],
            "see_no": row["sequence"],
            "start_time": stamp(row["starts"]),
            "state": REGISTRATION_STATES[row["state"]],
            "reg_fee": self.money(row["fee_fen"]),
            "trade_no": row["order_number"],
        }


def number(row: Mapping[str, Any]) -> Data:
    """A number of a session."""
    return {
        "number_id": row["code"],
        "schedule_no": row["schedule_code"],
        "see_no": row["sequence"],
        "start_time": stamp(row["starts"]),
        "end_time": stamp(row["ends"]),
        "state": NUMBER_STATES[row["state"]],
    }


def stop(row: Mapping[str, Any]) -> Data:
    """A stopped session."""
    return {
        "schedule_no": row["schedule_code"],
        "date": row["day"],
        "reason": row["reason"],
        "whole": "1" if row["whole"] else "0",
        "from_see_no": row["from_sequence"],
        "from_time": stamp(row["from_time"]) if row["from_time"] else "",
        "time_decided": stamp(row["decided_at"]),
    }


def visit_event(row: Mapping[str, Any]) -> Data:
    """A step of a visit."""
    return {
        "event": row["kind"],
        "reg_id": row["his_number"],
        "reg_hub_no": row["registration_number"],
        "patient_id": row["patient_id"],
        "queue_no": row["ticket"],
        "address": row["place"],
        "window_no": row["window"],
        "carrier": row["carrier"],
        "tracking_no": row["tracking_number"],
        "dispense_no": row["dispensing_number"],
    }


def patient(row: Mapping[str, Any]) -> Data:
    """An archive."""
    return {
        "patient_id": row["id"],
        "name": row["name"],
        "cert_type": row["document_type"],
        "cert_no": row["document_number"],
        "sex": row["sex"],
        "birthday": row["birth_date"],
        "mobile": row["phone"],
        "home_address": row["address"],
    }


def patient_fields(body: Mapping[str, Any]) -> Data:
    """A patient of the hub's."""
    names = {
        "name": "name",
        "document_type": "cert_type",
        "document_number": "cert_no",
        "sex": "sex",
        "birth_date": "birthday",
        "phone": "mobile",
        "address": "home_address",
    }
    return {ours: body.get(theirs, "") for ours, theirs in names.items()}


def stamp(instant: str) -> str:
    """`2026-01-06T08:30:00+08:00` -> `2026-01-06 08:30:00`."""
    return datetime.fromisoformat(instant).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")


def iso(text: str) -> str:
    """`2026-01-06 08:30:00` -> `2026-01-06T08:30:00+08:00`."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE).isoformat()

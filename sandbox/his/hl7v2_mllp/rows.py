"""The engine's rows as segments."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.his.hl7v2_mllp.wire import day, segment, stamp

Row = Mapping[str, Any]
NUMBER_STATES = {"free": "F", "locked": "L", "taken": "T", "stopped": "S"}
_PERIODS = {"am": "AM", "pm": "PM", "night": "NIGHT", "day": "DAY"}
_REGISTRATION_STATES = {
    "booked": "Booked",
    "paid": "Paid",
    "arrived": "Arrived",
    "done": "Complete",
    "cancelled": "Cancelled",
    "stopped": "Blocked",
}
_SEXES = {"1": "M", "2": "F", "9": "O"}


def yuan(fen: int) -> str:
    """1250 -> 12.50"""
    return f"{Decimal(fen) / 100:.2f}"


def fen(amount: str) -> int:
    """12.5 -> 1250; an amount with a part of a fen is an error."""
    value = Decimal(amount) * 100
    if value != int(value):
        raise ValueError(f"金额{amount}超过两位小数")
    return int(value)


def record(patient_id: str, facility: str) -> str:
    """PID of no more than the archive's number."""
    return segment("PID", {1: "1", 3: [[patient_id, "", "", facility, "MR"]]})


def patient(row: Row, facility: str) -> str:
    """PID of an archive."""
    kind = "NNCHN" if row["document_type"] == "01" else f"D{row['document_type']}"
    return segment(
        "PID",
        {
            1: "1",
            3: [[row["id"], "", "", facility, "MR"], [row["document_number"], "", "", "CHN", kind]],
            5: row["name"],
            7: day(row["birth_date"]),
            8: _SEXES.get(row["sex"], "U"),
            11: row["address"],
            13: row["phone"],
        },
    )


def department(row: Row) -> str:
    """ZDP."""
    names = ("code", "name", "parent_code", "campus", "place", "insurance_code", "introduction")
    return segment("ZDP", {number: row[name] for number, name in enumerate(names, start=1)})


def doctor(row: Row) -> list[str]:
    """STF and ZDR."""
    staff = {
        1: row["code"],
        3: row["name"],
        5: _SEXES.get(row["sex"], "U"),
        8: row["department_code"],
        18: row["title"],
    }
    more = {1: row["insurance_code"], 2: row["skills"], 3: row["introduction"], 4: "Y" if row["rota"] else "N"}
    return [segment("STF", staff), segment("ZDR", more)]


def schedule(row: Row) -> str:
    """ZSC."""
    return segment(
        "ZSC",
        {
            1: row["code"],
            2: row["department_code"],
            3: row["doctor_code"],
            4: day(row["day"]),
            5: _PERIODS[row["period"]],
            6: stamp(row["starts"]),
            7: stamp(row["ends"]),
            8: [row["class_code"], row["class_name"]],
            9: yuan(row["fee_fen"]),
            10: row["capacity"],
            11: row["remaining"],
            12: "O" if row["state"] == "open" else "S",
            13: row["campus"],
            14: row["place"],
        },
    )


def number(row: Row) -> str:
    """ZNB."""
    return segment(
        "ZNB",
        {
            1: row["code"],
            2: row["schedule_code"],
            3: row["sequence"],
            4: stamp(row["starts"]),
            5: stamp(row["ends"]),
            6: NUMBER_STATES[row["state"]],
        },
    )


def stop(row: Row) -> str:
    """ZST."""
    return segment(
        "ZST",
        {
            1: row["schedule_code"],
            2: day(row["day"]),
            3: row["reason"],
            4: row["from_sequence"],
            5: stamp(row["from_time"]),
            7: stamp(row["decided_at"]),
        },
    )


def registration(row: Row, facility: str) -> list[str]:
    """SCH, PID, AIG, ZFQ and ZPY of a registration in a list."""
    lines = [
        segment(
            "SCH",
            {
                1: row["hub_number"],
                2: row["his_number"],
                5: row["schedule_code"],
                25: _REGISTRATION_STATES[row["state"]],
            },
        ),
        record(row["patient_id"], facility),
        segment("AIG", {1: "1", 3: [row["number_code"], row["sequence"]], 4: "NUMBER", 8: stamp(row["starts"])}),
        segment("ZFQ", {1: yuan(row["fee_fen"])}),
    ]
    if row["order_number"]:
        lines.append(segment("ZPY", {1: "P", 2: row["order_number"], 3: yuan(row["fee_fen"])}))
    return lines


def report(row: Row, *, part: str = "", doctor: str = "") -> str:
    """OBR; of an examination also what was examined and who says what was seen."""
    cells: dict[int, Any] = {
        1: "1",
        3: row["code"],
        4: ["", row["title"]],
        22: stamp(row["reported_at"]),
        25: "F" if row["approved"] else "P",
    }
    if part:
        cells[15] = ["", "", "", part]
    if doctor:
        cells[32] = ["", doctor]
    return segment("OBR", cells)


def lab_value(row: Row, position: int) -> str:
    """OBX; a number is NM, anything else ST."""
    kind = "NM" if row["value"].replace(".", "", 1).isdigit() else "ST"
    return segment(
        "OBX",
        {
            1: position,
            2: kind,
            3: [row["code"], row["name"]],
            5: row["value"],
            6: row["unit"],
            7: row["reference"],
            8: row["flag"],
            11: "F",
        },
    )

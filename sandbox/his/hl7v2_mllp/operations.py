"""Messages of the hub as engine operations, and the engine's data as the segments of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.his.hl7v2_mllp import rows
from sandbox.his.hl7v2_mllp.wire import Parsed, iso_day, iso_instant, segment, stamp

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """An engine operation: its arguments out of a message, the segments of its answer."""

    name: str
    take: Callable[[Parsed], dict[str, Any]]
    bring: Callable[[Data, str], list[str]]
    count: str = ""


def find(message: Parsed) -> Operation | None:
    """What a message asks for."""
    kind = f"{message.get('MSH', 9, 1)}^{message.get('MSH', 9, 2)}"
    if kind in {"SRM^S01", "SRM^S04"}:
        return BY_NAME.get(_REASONS.get(message.get("ARQ", 6), ""))
    return BY_NAME.get(_KINDS.get(kind, ""))


def _query(*names: str) -> Callable[[Parsed], dict[str, Any]]:
    """Arguments out of QPD-3, QPD-4 and on."""
    return lambda message: {name: message.get("QPD", number) for number, name in enumerate(names, start=3)}


def _span(*more: str) -> Callable[[Parsed], dict[str, Any]]:
    def take(message: Parsed) -> dict[str, Any]:
        days = {"first_day": iso_day(message.get("QPD", 3)), "last_day": iso_day(message.get("QPD", 4))}
        return {**days, **{name: message.get("QPD", number) for number, name in enumerate(more, start=5)}}

    return take


def _document(message: Parsed) -> dict[str, Any]:
    wanted = {}
    for repetition in message.raw("QPD", 3).split("~"):
        name, _, value = repetition.partition("^")
        wanted[name] = value
    kind = wanted.get("@PID.3.5", "")
    return {
        "document_type": "01" if kind == "NNCHN" else kind.removeprefix("D"),
        "document_number": wanted.get("@PID.3.1", ""),
    }


def _patient(message: Parsed) -> dict[str, Any]:
    known = message.identifiers()
    kind = next((kind for kind in known if kind not in {"MR", "HC"}), "")
    return {
        "hub_number": message.get("ZHB", 1),
        "patient_id": known.get("MR", ""),
        "name": message.get("PID", 5),
        "document_type": "01" if kind == "NNCHN" else kind.removeprefix("D"),
        "document_number": known.get(kind, ""),
        "sex": {"M": "1", "F": "2", "O": "9"}.get(message.get("PID", 8), "0"),
        "birth_date": iso_day(message.get("PID", 7)),
        "phone": message.get("PID", 13),
        "address": message.get("PID", 11),
    }


def _lock(message: Parsed) -> dict[str, Any]:
    return {
        "hub_number": message.get("ZHB", 1),
        "schedule_code": message.get("ARQ", 5),
        "number_code": message.get("AIG", 3),
        "patient_id": message.identifiers().get("MR", ""),
    }


def _register(message: Parsed) -> dict[str, Any]:
    return {
        **_lock(message),
        "sequence": message.get("AIG", 3, 2),
        "starts": iso_instant(message.get("AIG", 8)),
        "fee_fen": rows.fen(message.get("ZHB", 4)),
        "lock_code": message.get("ARQ", 2),
        "order_number": message.get("ZPY", 2),
    }


def _visit(message: Parsed) -> dict[str, Any]:
    return {
        "hub_number": message.get("ZHB", 1),
        "registration_number": message.get("PV1", 5),
        "his_number": message.get("PV1", 19),
    }


def _step(message: Parsed) -> dict[str, Any]:
    step = {"kind": message.get("ZVE", 1).lower(), "ticket": message.get("ZVE", 2), "place": message.get("ZVE", 3)}
    return {**_visit(message), **step}


def _pay(message: Parsed) -> dict[str, Any]:
    return {**_visit(message), "order_number": message.get("ZPY", 2), "paid_fen": rows.fen(message.get("FT1", 11))}


def _cancel(message: Parsed) -> dict[str, Any]:
    return {
        "hub_number": message.get("ZHB", 1),
        "registration_number": message.get("ARQ", 1),
        "his_number": message.get("ARQ", 2),
        "refund_number": message.get("ZPY", 2),
    }


def _unlock(message: Parsed) -> dict[str, Any]:
    return {
        "hub_number": message.get("ZHB", 1),
        "lock_number": message.get("ARQ", 1),
        "lock_code": message.get("ARQ", 2),
    }


def _each(name: str, shape: Callable[[Data], str]) -> Callable[[Data, str], list[str]]:
    return lambda data, _: [shape(row) for row in data[name]]


def _quote(data: Data, _: str) -> list[str]:
    head = {1: rows.yuan(data["total_fen"]), 2: data["discount"], 3: stamp(data["valid_until"])}
    items = [segment("ZFE", {1: row["code"], 2: row["name"], 3: rows.yuan(row["amount_fen"])}) for row in data["items"]]
    return [segment("ZFQ", head), *items]


def _locked(data: Data, _: str) -> list[str]:
    return [
        segment("SCH", {2: data["lock_code"], 25: "Pending"}),
        segment("RGS", {1: "1"}),
        segment("AIG", {1: "1", 3: [data["number_code"], data["sequence"]], 4: "NUMBER"}),
        segment("ZLK", {1: data["lock_code"], 2: stamp(data["expires_at"])}),
    ]


def _registered(data: Data, facility: str) -> list[str]:
    lines = [
        segment("SCH", {2: data["his_number"], 25: "Paid" if data["receipt_number"] else "Booked"}),
        rows.record(data["patient_id"], facility),
        segment("RGS", {1: "1"}),
        segment("AIG", {1: "1", 3: ["", data["sequence"]], 4: "NUMBER"}),
        segment("AIL", {1: "1", 3: data["place"]}),
    ]
    if data["receipt_number"]:
        lines.append(segment("ZPY", {1: "P", 8: data["receipt_number"]}))
    return lines


def _cancelled(data: Data, _: str) -> list[str]:
    lines = [segment("SCH", {2: data["his_number"], 25: "Cancelled"})]
    if data["receipt_number"]:
        lines.append(segment("ZPY", {1: "R", 8: data["receipt_number"]}))
    return lines


def _checked(data: Data, facility: str) -> list[str]:
    head = segment("ZOC", {1: data["found"].upper(), 2: data["operation"].upper()})
    return [head, *(BY_NAME[data["operation"]].bring(data["answer"], facility) if data["found"] == "done" else [])]


def _queue(row: Data) -> str:
    return segment("ZQU", {1: row["department_code"], 2: row["ticket"], 3: row["ahead"], 4: row["place"]})


def _lab_report(data: Data, _: str) -> list[str]:
    values = [rows.lab_value(row, position) for position, row in enumerate(data["values"], start=1)]
    return [rows.report(data["report"]), *values]


def _span_of_patient(message: Parsed) -> dict[str, Any]:
    return {
        "patient_id": message.get("QPD", 3),
        "first_day": iso_day(message.get("QPD", 4)),
        "last_day": iso_day(message.get("QPD", 5)),
    }


def _exam_report(data: Data, _: str) -> list[str]:
    lines = [
        rows.report(data["report"], part=data["part"], doctor=data["doctor_name"]),
        segment("OBX", {1: "1", 2: "TX", 3: "GDT", 5: data["finding"], 11: "F"}),
        segment("OBX", {1: "2", 2: "TX", 3: "IMP", 5: data["conclusion"], 11: "F"}),
    ]
    for position, picture in enumerate(data["images"], start=3):
        kind = picture["content_type"].removeprefix("image/").upper()
        shown = ["PACS", "IMAGE", kind, "Base64", picture["content"]]
        lines.append(segment("OBX", {1: position, 2: "ED", 3: ["IMG", picture["title"]], 5: shown, 11: "F"}))
    return lines


BY_NAME: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        Operation("ping", _query(), lambda _data, _f: []),
        Operation(
            "find_patient",
            _document,
            lambda data, facility: [rows.patient(row, facility) for row in data["patients"]],
            "patients",
        ),
        Operation("create_patient", _patient, lambda data, facility: [rows.record(data["patient_id"], facility)]),
        Operation("update_patient", _patient, lambda _data, _f: []),
        Operation("list_departments", _query(), _each("departments", rows.department), "departments"),
        Operation(
            "list_doctors",
            _query("department_code"),
            lambda data, _: [line for row in data["doctors"] for line in rows.doctor(row)],
            "doctors",
        ),
        Operation(
            "list_number_classes",
            _query(),
            _each(
                "classes", lambda row: segment("ZCL", {1: row["code"], 2: row["name"], 3: rows.yuan(row["fee_fen"])})
            ),
        ),
        Operation("list_schedules", _span("department_code"), _each("schedules", rows.schedule), "schedules"),
        Operation("list_numbers", _query("schedule_code"), _each("numbers", rows.number), "numbers"),
        Operation("list_stopped", _span(), _each("stops", rows.stop), "stops"),
        Operation(
            "quote_fee",
            lambda message: {
                "schedule_code": message.get("QPD", 3),
                "birth_date": iso_day(message.get("QPD", 5)),
            },
            _quote,
        ),
        Operation("lock_number", _lock, _locked),
        Operation("unlock_number", _unlock, lambda _data, _f: []),
        Operation("register", _register, _registered),
        Operation("pay_registration", _pay, _registered),
        Operation(
            "check_in",
            _visit,
            lambda data, _: [segment("ZQU", {2: data["ticket"], 3: data["ahead"], 4: data["place"]})],
        ),
        Operation("tell_visit", _step, lambda _data, _f: []),
        Operation("cancel_registration", _cancel, _cancelled),
        Operation(
            "list_registrations",
            _span("patient_id"),
            lambda data, facility: [line for row in data["registrations"] for line in rows.registration(row, facility)],
            "registrations",
        ),
        Operation("check_outcome", _query("hub_number"), _checked),
        Operation("waiting_queue", _query("registration_number", "his_number"), _each("places", _queue)),
        Operation("list_lab_reports", _span_of_patient, _each("reports", rows.report)),
        Operation("lab_report", _query("patient_id", "report_code"), _lab_report),
        Operation("list_exam_reports", _span_of_patient, _each("reports", rows.report)),
        Operation("exam_report", _query("patient_id", "report_code"), _exam_report),
    )
}
_REASONS = {"LOCK": "lock_number", "BOOK": "register", "UNLOCK": "unlock_number", "CANCEL": "cancel_registration"}
_KINDS = {
    "QBP^Z01": "ping",
    "QBP^Z02": "list_departments",
    "QBP^Z03": "list_doctors",
    "QBP^Z04": "list_number_classes",
    "QBP^Z05": "list_schedules",
    "QBP^Z06": "list_numbers",
    "QBP^Z07": "list_stopped",
    "QBP^Z08": "quote_fee",
    "QBP^Z09": "check_outcome",
    "QBP^Z10": "list_registrations",
    "QBP^Z11": "waiting_queue",
    "QBP^Z12": "list_lab_reports",
    "QBP^Z13": "lab_report",
    "QBP^Z14": "list_exam_reports",
    "QBP^Z15": "exam_report",
    "QBP^Q22": "find_patient",
    "ADT^A28": "create_patient",
    "ADT^A31": "update_patient",
    "ADT^A10": "check_in",
    "ADT^Z20": "tell_visit",
    "DFT^P03": "pay_registration",
}

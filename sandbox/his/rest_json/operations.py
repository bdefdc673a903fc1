"""The operations of the JSON dialect: address, arguments out of the body, data of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.his.rest_json import care, wording
from sandbox.his.rest_json.wording import Wording, iso, stamp

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: its engine name, what it takes and what it brings."""

    operation: str
    take: Callable[[Wording, Mapping[str, Any]], Data]
    bring: Callable[[Wording, Mapping[str, Any]], Data]


def _same(*names: str) -> Callable[[Wording, Mapping[str, Any]], Data]:
    """Arguments named `theirs=ours` or alike on both sides; what is missing is empty."""
    pairs = [name.split("=") if "=" in name else [name, name] for name in names]
    return lambda _, body: {ours: body.get(theirs, "") for theirs, ours in pairs}


def _renamed(*names: str) -> Callable[[Wording, Mapping[str, Any]], Data]:
    """Answer fields named `ours=theirs`."""
    pairs = [name.split("=") if "=" in name else [name, name] for name in names]
    return lambda _, data: {theirs: data[ours] for ours, theirs in pairs}


def _departments(_: Wording, data: Mapping[str, Any]) -> Data:
    rows = [
        {
            "dept_id": row["code"],
            "dept_name": row["name"],
            "parent_id": row["parent_code"],
            "campus": row["campus"],
            "address": row["place"],
            "si_dept_code": row["insurance_code"],
            "intro": row["introduction"],
        }
        for row in data["departments"]
    ]
    return {"total": data["total"], "list": rows}


def _doctors(_: Wording, data: Mapping[str, Any]) -> Data:
    rows = [
        {
            "doctor_id": row["code"],
            "doctor_name": row["name"],
            "title": row["title"],
            "dept_id": row["department_code"],
            "sex": row["sex"],
            "si_doctor_code": row["insurance_code"],
            "skill": row["skills"],
            "intro": row["introduction"],
            "is_rota": str(row["rota"]),
        }
        for row in data["doctors"]
    ]
    return {"total": data["total"], "list": rows}


def _classes(words: Wording, data: Mapping[str, Any]) -> Data:
    return {
        "list": [
            {"reg_level": row["code"], "reg_level_name": row["name"], "reg_fee": words.money(row["fee_fen"])}
            for row in data["classes"]
        ]
    }


def _schedules(words: Wording, data: Mapping[str, Any]) -> Data:
    return {"total": data["total"], "list": [words.schedule(row) for row in data["schedules"]]}


def _numbers(_: Wording, data: Mapping[str, Any]) -> Data:
    return {"total": data["total"], "list": [wording.number(row) for row in data["numbers"]]}


def _quote(words: Wording, data: Mapping[str, Any]) -> Data:
    items = [
        {"item_code": row["code"], "item_name": row["name"], "amount": words.money(row["amount_fen"])}
        for row in data["items"]
    ]
    return {
        "total_fee": words.money(data["total_fen"]),
        "items": items,
        "discount": data["discount"],
        "valid_until": stamp(data["valid_until"]),
    }


def _locked(_: Wording, data: Mapping[str, Any]) -> Data:
    return {
        "pre_id": data["lock_code"],
        "number_id": data["number_code"],
        "see_no": data["sequence"],
        "expire_time": stamp(data["expires_at"]),
    }


def _register(words: Wording, body: Mapping[str, Any]) -> Data:
    return {
        "hub_number": body["hub_no"],
        "schedule_code": body["schedule_no"],
        "number_code": body["number_id"],
        "sequence": body["see_no"],
        "starts": iso(body["start_time"]),
        "patient_id": body["patient_id"],
        "fee_fen": words.fen(body["reg_fee"]),
        "lock_code": body.get("pre_id", ""),
        "order_number": body.get("trade_no", ""),
    }


def _paid(words: Wording, body: Mapping[str, Any]) -> Data:
    return {
        "hub_number": body["hub_no"],
        "registration_number": body.get("reg_hub_no", ""),
        "his_number": body.get("reg_id", ""),
        "order_number": body["trade_no"],
        "paid_fen": words.fen(body["pay_fee"]),
    }


def _settle(words: Wording, body: Mapping[str, Any]) -> Data:
    return {
        "hub_number": body["hub_no"],
        "bill_codes": body["recipe_list"],
        "order_number": body["trade_no"],
        "paid_fen": words.fen(body["pay_fee"]),
    }


_registered = _renamed(
    "his_number=reg_id", "patient_id", "sequence=see_no", "place=address", "receipt_number=receipt_no"
)


def _visit_event(row: Mapping[str, Any]) -> Data:
    return {
        "event_no": row["event_number"],
        "occurred_at": stamp(row["happened_at"]),
        **wording.visit_event(row),
    }


def _checked(words: Wording, data: Mapping[str, Any]) -> Data:
    route = next((route for route in ROUTES.values() if route.operation == data["operation"]), None)
    brought = route.bring(words, data["answer"]) if route is not None else {}
    return {"found": data["found"], "business": data["operation"], "data": brought}


def _nothing(_: Wording, _data: Mapping[str, Any]) -> Data:
    return {}


_SPAN = _same("patient_id", "start_date=first_day", "end_date=last_day")
_REPORT = _same("patient_id", "report_id=report_code")
ROUTES: dict[str, Route] = {
    "system/time": Route("ping", _nothing, lambda _, data: {"time": stamp(data["his_time"])}),
    "dept/list": Route("list_departments", _nothing, _departments),
    "doctor/list": Route("list_doctors", _same("dept_id=department_code"), _doctors),
    "reg/level": Route("list_number_classes", _nothing, _classes),
    "schedule/list": Route(
        "list_schedules", _same("start_date=first_day", "end_date=last_day", "dept_id=department_code"), _schedules
    ),
    "schedule/numbers": Route("list_numbers", _same("schedule_no=schedule_code"), _numbers),
    "schedule/stopped": Route(
        "list_stopped",
        _same("start_date=first_day", "end_date=last_day"),
        lambda _, data: {"list": [wording.stop(row) for row in data["stops"]]},
    ),
    "patient/query": Route(
        "find_patient",
        _same("cert_type=document_type", "cert_no=document_number"),
        lambda _, data: {"list": [wording.patient(row) for row in data["patients"]]},
    ),
    "patient/create": Route(
        "create_patient",
        lambda _, body: {"hub_number": body["hub_no"], **wording.patient_fields(body)},
        lambda _, data: {"patient_id": data["patient_id"], "existed": "1" if data["existed"] else "0"},
    ),
    "patient/update": Route(
        "update_patient",
        lambda _, body: {
            "hub_number": body["hub_no"],
            "patient_id": body["patient_id"],
            **wording.patient_fields(body),
        },
        _nothing,
    ),
    "reg/fee": Route("quote_fee", _same("schedule_no=schedule_code", "birthday=birth_date"), _quote),
    "schedule/lock": Route(
        "lock_number",
        _same("hub_no=hub_number", "schedule_no=schedule_code", "number_id=number_code", "patient_id"),
        _locked,
    ),
    "schedule/unlock": Route(
        "unlock_number", _same("hub_no=hub_number", "lock_hub_no=lock_number", "pre_id=lock_code"), _nothing
    ),
    "reg/commit": Route("register", _register, _registered),
    "reg/pay": Route("pay_registration", _paid, _registered),
    "reg/sign": Route(
        "check_in",
        _same("hub_no=hub_number", "reg_hub_no=registration_number", "reg_id=his_number"),
        _renamed("ticket=queue_no", "ahead", "place=address"),
    ),
    "visit/tell": Route(
        "tell_visit",
        _same(
            "hub_no=hub_number",
            "reg_hub_no=registration_number",
            "reg_id=his_number",
            "event=kind",
            "queue_no=ticket",
            "address=place",
        ),
        lambda _, _data: {},
    ),
    "reg/refund": Route(
        "cancel_registration",
        _same(
            "hub_no=hub_number", "reg_hub_no=registration_number", "reg_id=his_number", "return_trade_no=refund_number"
        ),
        lambda _, data: {
            "reg_id": data["his_number"],
            "receipt_no": data["receipt_number"],
            "already": "1" if data["already"] else "0",
        },
    ),
    "reg/list": Route(
        "list_registrations",
        _same("start_date=first_day", "end_date=last_day", "patient_id"),
        lambda words, data: {
            "total": data["total"],
            "list": [words.registration(row) for row in data["registrations"]],
        },
    ),
    "visit/events": Route(
        "list_visit_events",
        lambda _, body: {"since": iso(body["since"])},
        lambda _, data: {"total": data["total"], "list": [_visit_event(row) for row in data["events"]]},
    ),
    "trade/check": Route("check_outcome", _same("hub_no=hub_number"), _checked),
    "queue/waiting": Route(
        "waiting_queue",
        _same("reg_hub_no=registration_number", "reg_id=his_number"),
        lambda _, data: {
            "list": [
                {
                    "dept_id": row["department_code"],
                    "queue_no": row["ticket"],
                    "ahead": row["ahead"],
                    "address": row["place"],
                }
                for row in data["places"]
            ]
        },
    ),
    "unpaid/list": Route("list_pending_bills", _same("patient_id"), care.bills),
    "unpaid/details": Route("bill_detail", _same("patient_id", "recipe_list=bill_codes"), care.items),
    "charge/commit": Route("settle_bills", _settle, _renamed("settlement_number=setl_no", "receipt_number=receipt_no")),
    "charge/refund": Route(
        "refund_bills",
        _same("hub_no=hub_number", "setl_no=settlement_number", "return_trade_no=refund_number"),
        _renamed("settlement_number=setl_no", "receipt_number=receipt_no"),
    ),
    "trade/list": Route("daily_ledger", _same("day", "offset", "length=limit"), care.ledger),
    "sample/list": Route(
        "list_lab_reports",
        _SPAN,
        lambda _, data: {"list": [care.report(row) for row in data["reports"]]},
    ),
    "sample/report": Route(
        "lab_report",
        _same("patient_id", "sample_id=report_code"),
        lambda _, data: {"report": care.report(data["report"]), "list": data["values"]},
    ),
    "paid/list": Route("list_paid_bills", _SPAN, care.paid_bills),
    "paid/details": Route("paid_bill_detail", _same("patient_id", "setl_no=settlement_number"), care.items),
    "invoice/list": Route("list_invoices", _SPAN, care.invoices),
    "inpatient/list": Route("inpatient_stay", _same("patient_id"), care.stays),
    "queue/pharmacy": Route("pharmacy_queue", _same("patient_id"), care.pharmacy),
    "exam/list": Route("list_exam_reports", _SPAN, care.reports),
    "exam/report": Route("exam_report", _REPORT, care.exam),
    "discharge/list": Route("list_discharge_summaries", _SPAN, care.reports),
    "discharge/report": Route("discharge_summary", _REPORT, care.discharge),
}

"""What a request row asks of the books, and what an answer row tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.his.exchange_db.database import Change
from sandbox.his.exchange_db.rows import fen, moment, yuan
from sandbox.his.hospital import Delivery

Data = dict[str, Any]
CODES = {
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
TOO_LATE = {"result_code": "1004", "message": "超过领取期限，未办理"}
_PERSON = {
    "name": "patient_name",
    "document_type": "cert_type",
    "document_number": "cert_no",
    "sex": "sex",
    "phone": "mobile",
    "address": "home_address",
}
_NAMED = {
    "find_patient": ("document_type=cert_type", "document_number=cert_no"),
    "lock_number": ("schedule_code=schedule_no", "number_code=number_no", "patient_id=patient_no"),
    "unlock_number": ("lock_number=lock_request_no", "lock_code=lock_no"),
    "check_in": ("registration_number=reg_request_no", "his_number=reg_no"),
    "tell_visit": (
        "registration_number=reg_request_no", "his_number=reg_no", "kind=event", "ticket=queue_no", "place=place",
    ),
    "cancel_registration": ("registration_number=reg_request_no", "his_number=reg_no", "refund_number=refund_no"),
    "refund_bills": ("settlement_number=settlement_no", "refund_number=refund_no"),
}  # fmt: skip


def arguments(row: Mapping[str, Any]) -> Data:
    """The engine's arguments of a request row."""
    business = str(row["business"])
    given: Data = {"hub_number": row["request_no"]}
    for name in _NAMED.get(business, ()):
        ours, theirs = name.split("=")
        given[ours] = row[theirs] or ""
    match business:
        case "create_patient" | "update_patient":
            given |= {ours: row[theirs] or "" for ours, theirs in _PERSON.items()}
            given["birth_date"] = str(row["birth_date"] or "")
            given["patient_id"] = row["patient_no"] or ""
        case "quote_fee":
            given |= {"schedule_code": row["schedule_no"], "birth_date": str(row["birth_date"] or "")}
        case "register":
            given |= {
                "schedule_code": row["schedule_no"],
                "number_code": row["number_no"],
                "patient_id": row["patient_no"],
                "fee_fen": fen(row["fee"]),
                "lock_code": row["lock_no"] or "",
                "order_number": row["order_no"] or "",
            }
        case "pay_registration":
            given |= {
                "registration_number": row["reg_request_no"] or "",
                "his_number": row["reg_no"] or "",
                "order_number": row["order_no"],
                "paid_fen": fen(row["pay_amount"]),
            }
        case "settle_bills":
            given |= {
                "bill_codes": str(row["bill_nos"]).split(","),
                "order_number": row["order_no"],
                "paid_fen": fen(row["pay_amount"]),
            }
        case "check_outcome":
            given["hub_number"] = row["check_request_no"]
    return given


def answer(row: Mapping[str, Any], delivery: Delivery, stored: str) -> Data:
    """The answer row of a delivery; `stored` is our number as the books hold it."""
    key = {"request_no": row["request_no"], "attempt_no": row["attempt_no"], "flag": "1", "stored_no": stored}
    if delivery.garbage:
        return {**key, "result_code": "0", "message": "锟斤拷锟斤拷"}
    if delivery.refusal is not None:
        code = CODES["refused"] if delivery.text_only else CODES.get(delivery.refusal.reason, CODES["refused"])
        return {**key, "result_code": code, "message": delivery.refusal.text}
    brought = {} if delivery.empty else _brought(str(row["business"]), delivery.data)
    return {**key, "result_code": "0", "message": "成功", **brought}


def further(row: Mapping[str, Any], delivery: Delivery) -> list[Change]:
    """The rows beside an answer."""
    key = {"request_no": row["request_no"], "attempt_no": row["attempt_no"]}
    if delivery.refusal is not None or delivery.empty or delivery.garbage:
        return []
    if row["business"] == "quote_fee":
        lines = [
            {
                **key,
                "line_no": at,
                "item_code": one["code"],
                "item_name": one["name"],
                "amount": yuan(one["amount_fen"]),
            }
            for at, one in enumerate(delivery.data["items"], start=1)
        ]
        return [Change("hub_answer_fee", key, lines)]
    if row["business"] == "find_patient":
        found = [
            {
                **key,
                "line_no": at,
                "patient_no": one["id"],
                **{theirs: one[ours] for ours, theirs in _PERSON.items()},
                "birth_date": one["birth_date"],
            }
            for at, one in enumerate(delivery.data["patients"], start=1)
        ]
        return [Change("hub_answer_patient", key, found)]
    return []


def _registered(data: Mapping[str, Any]) -> Data:
    return {
        "reg_no": data["his_number"],
        "patient_no": data["patient_id"],
        "sequence_no": data["sequence"],
        "place": data["place"],
        "receipt_no": data["receipt_number"],
    }


def _settled(data: Mapping[str, Any]) -> Data:
    return {"settlement_no": data["settlement_number"], "receipt_no": data["receipt_number"]}


def _checked(data: Mapping[str, Any]) -> Data:
    brought = _brought(data["operation"], data["answer"]) if data["found"] == "done" else {}
    return {"found": data["found"], **brought}


def _quote(data: Mapping[str, Any]) -> Data:
    return {
        "fee_total": yuan(data["total_fen"]),
        "fee_lines": len(data["items"]),
        "discount": data["discount"],
        "valid_until": moment(data["valid_until"]),
    }


def _locked(data: Mapping[str, Any]) -> Data:
    return {
        "lock_no": data["lock_code"],
        "number_no": data["number_code"],
        "sequence_no": data["sequence"],
        "expire_time": moment(data["expires_at"]),
    }


def _created(data: Mapping[str, Any]) -> Data:
    return {"patient_no": data["patient_id"], "existed": "1" if data["existed"] else "0"}


def _ticket(data: Mapping[str, Any]) -> Data:
    return {"queue_no": data["ticket"], "ahead": data["ahead"], "place": data["place"]}


def _cancelled(data: Mapping[str, Any]) -> Data:
    already = "1" if data["already"] else "0"
    return {"reg_no": data["his_number"], "receipt_no": data["receipt_number"], "already": already}


_BROUGHT: dict[str, Callable[[Mapping[str, Any]], Data]] = {
    "find_patient": lambda data: {"patient_rows": len(data["patients"])},
    "create_patient": _created,
    "quote_fee": _quote,
    "lock_number": _locked,
    "register": _registered,
    "pay_registration": _registered,
    "check_in": _ticket,
    "cancel_registration": _cancelled,
    "settle_bills": _settled,
    "refund_bills": _settled,
    "check_outcome": _checked,
}


def _brought(business: str, data: Mapping[str, Any]) -> Data:
    bring = _BROUGHT.get(business)
    return bring(data) if bring is not None else {}

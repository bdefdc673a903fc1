"""The transactions of the XML dialect: the engine's operation, its arguments, and the elements of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.his.soap_xml import wording
from sandbox.his.soap_xml.wording import fen, iso_day, iso_instant, stamp, yuan

Data = dict[str, Any]
Given = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Transaction:
    """One engine operation behind a transaction number."""

    operation: str
    take: Callable[[Given], Data]
    bring: Callable[[Mapping[str, Any]], Data]


def find(code: str, given: Given) -> Transaction | None:
    """The transaction for a TranCode; four of them mean one thing or another by what they carry."""
    if code == "4006":
        return BY_OPERATION["register" if given.get("ConfirmFlag") == "1" else "lock_number"]
    if code == "4007":
        paid_later = given.get("NullahNumber") or given.get("RegRequestNo")
        return BY_OPERATION["pay_registration" if paid_later else "register"]
    if code == "4009":
        registered = given.get("NullahNumber") or given.get("RegRequestNo")
        return BY_OPERATION["cancel_registration" if registered else "unlock_number"]
    if code in {"4010", "3003"} and given.get("QueryRequestNo"):
        return BY_OPERATION["check_outcome"]
    return BY_OPERATION.get(_PLAIN.get(code, ""))


def _named(*names: str) -> Callable[[Given], Data]:
    """Arguments written `ours=Theirs`; what is missing is empty."""
    pairs = [name.split("=") for name in names]
    return lambda given: {ours: given.get(theirs, "") for ours, theirs in pairs}


def _span(given: Given) -> Data:
    return {
        "first_day": iso_day(given["StartDate"]),
        "last_day": iso_day(given["EndDate"]),
        "department_code": given.get("DeptCode", ""),
        "patient_id": given.get("PatientID", ""),
    }


def _items(rows: str, shape: Callable[[Mapping[str, Any]], Data]) -> Callable[[Mapping[str, Any]], Data]:
    def bring(data: Mapping[str, Any]) -> Data:
        total = {"TotalNum": data["total"]} if "total" in data else {}
        return {**total, "Items": [shape(row) for row in data[rows]]}

    return bring


def _department(row: Mapping[str, Any]) -> Data:
    return {
        "DeptCode": row["code"],
        "DeptName": row["name"],
        "TopDeptCode": row["parent_code"],
        "Campus": row["campus"],
        "Address": row["place"],
        "InsurCode": row["insurance_code"],
        "Intro": row["introduction"],
    }


def _doctor(row: Mapping[str, Any]) -> Data:
    return {
        "DoctorCode": row["code"],
        "DoctorName": row["name"],
        "Title": row["title"],
        "DeptCode": row["department_code"],
        "Sex": row["sex"],
        "InsurCode": row["insurance_code"],
        "Skills": row["skills"],
        "Intro": row["introduction"],
        "Rota": "Y" if row["rota"] else "N",
    }


def _quote(data: Mapping[str, Any]) -> Data:
    return {
        "Charges": yuan(data["total_fen"]),
        "Discount": data["discount"],
        "ValidTime": stamp(data["valid_until"]),
        "Items": [
            {"ItemCode": row["code"], "ItemName": row["name"], "Charges": yuan(row["amount_fen"])}
            for row in data["items"]
        ],
    }


def _locked(data: Mapping[str, Any]) -> Data:
    return {
        "SeqNumber": data["lock_code"],
        "TimeCode": data["number_code"],
        "SickNo": data["sequence"],
        "ExpireTime": stamp(data["expires_at"]),
    }


def _registered(data: Mapping[str, Any]) -> Data:
    return {
        "NullahNumber": data["his_number"],
        "PatientID": data["patient_id"],
        "SickNo": data["sequence"],
        "AdmitAddress": data["place"],
        "ReceiptNo": data["receipt_number"],
    }


def _register(given: Given) -> Data:
    return {
        "hub_number": given["RequestNo"],
        "schedule_code": given["ScheduleCode"],
        "number_code": given["TimeCode"],
        "patient_id": given["PatientID"],
        "fee_fen": fen(given["Cost"]),
        "lock_code": given.get("SeqNumber", ""),
        "order_number": given.get("OrderNo", ""),
    }


def _settle(given: Given) -> Data:
    return {
        "hub_number": given["RequestNo"],
        "bill_codes": given["ApplyNoSet"].split(","),
        "order_number": given["OrderNo"],
        "paid_fen": fen(given["Charges"]),
    }


def _pay(given: Given) -> Data:
    return {
        "hub_number": given["RequestNo"],
        "registration_number": given.get("RegRequestNo", ""),
        "his_number": given.get("NullahNumber", ""),
        "order_number": given["OrderNo"],
        "paid_fen": fen(given["Charges"]),
    }


def _checked(data: Mapping[str, Any]) -> Data:
    found = {"absent": "0", "done": "1", "undone": "2"}[data["found"]]
    if data["found"] != "done":
        return {"Found": found}
    return {"Found": found, **BY_OPERATION[data["operation"]].bring(data["answer"])}


def _bill(row: Mapping[str, Any]) -> Data:
    return {
        "ApplyNo": row["code"],
        "Title": row["title"],
        "Charges": yuan(row["amount_fen"]),
        "NullahNumber": row["registration_number"],
        "DeptCode": row["department_code"],
        "DoctorName": row["doctor_name"],
        "ApplyTime": stamp(row["opened_at"]),
    }


def _bill_item(row: Mapping[str, Any]) -> Data:
    return {
        "ItemCode": row["code"],
        "ItemName": row["name"],
        "Price": yuan(row["unit_price_fen"]),
        "Quantity": row["quantity"],
        "Charges": yuan(row["amount_fen"]),
        "Unit": row["unit"],
        "ReverseOf": row["reverses"],
    }


def _report(row: Mapping[str, Any]) -> Data:
    return {
        "ReportNo": row["code"],
        "Title": row["title"],
        "State": "3" if row["approved"] else "2",
        "ReportTime": stamp(row["reported_at"]),
    }


def _lab_report(data: Mapping[str, Any]) -> Data:
    names = {
        "ItemCode": "code",
        "ItemName": "name",
        "Value": "value",
        "Unit": "unit",
        "Range": "reference",
        "Flag": "flag",
    }
    rows = [{theirs: row[ours] for theirs, ours in names.items()} for row in data["values"]]
    return {**_report(data["report"]), "Items": rows}


def _queue(row: Mapping[str, Any]) -> Data:
    return {
        "DeptCode": row["department_code"],
        "SickSeq": row["ticket"],
        "AheadNum": row["ahead"],
        "AdmitAddress": row["place"],
    }


def _class(row: Mapping[str, Any]) -> Data:
    return {"ClassCode": row["code"], "ClassName": row["name"], "Cost": yuan(row["fee_fen"])}


_REGISTRATION = _named("hub_number=RequestNo", "registration_number=RegRequestNo", "his_number=NullahNumber")
BY_OPERATION: dict[str, Transaction] = {
    transaction.operation: transaction
    for transaction in (
        Transaction("ping", _named(), lambda data: {"NowTime": stamp(data["his_time"])}),
        Transaction(
            "find_patient",
            _named("document_type=CardType", "document_number=CardNo"),
            _items("patients", wording.patient),
        ),
        Transaction(
            "create_patient",
            lambda given: {"hub_number": given["RequestNo"], **wording.patient_fields(given)},
            lambda data: {"PatientID": data["patient_id"], "Existed": "Y" if data["existed"] else "N"},
        ),
        Transaction(
            "update_patient",
            lambda given: {
                "hub_number": given["RequestNo"],
                "patient_id": given["PatientID"],
                **wording.patient_fields(given),
            },
            lambda _: {},
        ),
        Transaction("list_departments", _named(), _items("departments", _department)),
        Transaction("list_doctors", _named("department_code=DeptCode"), _items("doctors", _doctor)),
        Transaction("list_number_classes", _named(), _items("classes", _class)),
        Transaction("list_schedules", _span, _items("schedules", wording.schedule)),
        Transaction("list_numbers", _named("schedule_code=ScheduleCode"), _items("numbers", wording.number)),
        Transaction("list_stopped", _span, _items("stops", wording.stop)),
        Transaction(
            "quote_fee",
            lambda given: {"schedule_code": given["ScheduleCode"], "birth_date": iso_day(given["BirthDate"])},
            _quote,
        ),
        Transaction(
            "lock_number",
            _named(
                "hub_number=RequestNo", "schedule_code=ScheduleCode", "number_code=TimeCode", "patient_id=PatientID"
            ),
            _locked,
        ),
        Transaction(
            "unlock_number",
            _named("hub_number=RequestNo", "lock_number=LockRequestNo", "lock_code=SeqNumber"),
            lambda _: {},
        ),
        Transaction("register", _register, _registered),
        Transaction("pay_registration", _pay, _registered),
        Transaction(
            "check_in",
            _REGISTRATION,
            lambda data: {"SickSeq": data["ticket"], "AheadNum": data["ahead"], "AdmitAddress": data["place"]},
        ),
        Transaction(
            "cancel_registration",
            lambda given: {**_REGISTRATION(given), "refund_number": given.get("OrderNo", "")},
            lambda data: {
                "NullahNumber": data["his_number"],
                "ReceiptNo": data["receipt_number"],
                "Already": "Y" if data["already"] else "N",
            },
        ),
        Transaction("list_registrations", _span, _items("registrations", wording.registration)),
        Transaction(
            "list_visit_events",
            lambda given: {"since": iso_instant(given["SinceTime"])},
            _items("events", wording.visit_event),
        ),
        Transaction("check_outcome", _named("hub_number=QueryRequestNo"), _checked),
        Transaction(
            "waiting_queue",
            _named("registration_number=RegRequestNo", "his_number=NullahNumber"),
            _items("places", _queue),
        ),
        Transaction("list_pending_bills", _named("patient_id=PatientID"), _items("bills", _bill)),
        Transaction(
            "bill_detail", lambda given: {"bill_codes": given["ApplyNoSet"].split(",")}, _items("items", _bill_item)
        ),
        Transaction(
            "settle_bills",
            _settle,
            lambda data: {"SettleNo": data["settlement_number"], "ReceiptNo": data["receipt_number"]},
        ),
        Transaction("list_lab_reports", _span, _items("reports", _report)),
        Transaction("lab_report", _named("report_code=ReportNo"), _lab_report),
    )
}
_PLAIN = {
    "1001": "ping",
    "2001": "find_patient",
    "2002": "create_patient",
    "2003": "update_patient",
    "3001": "list_pending_bills",
    "3002": "bill_detail",
    "3007": "settle_bills",
    "4001": "list_departments",
    "4002": "list_number_classes",
    "4003": "list_schedules",
    "4004": "list_numbers",
    "4005": "quote_fee",
    "4008": "check_in",
    "4010": "list_registrations",
    "4011": "list_stopped",
    "4012": "list_visit_events",
    "5001": "waiting_queue",
    "6002": "list_departments",
    "6003": "list_doctors",
    "7003": "list_lab_reports",
    "7004": "lab_report",
}

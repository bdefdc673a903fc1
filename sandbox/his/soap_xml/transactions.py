"""The transactions of the XML dialect: the engine's operation, its arguments, and the elements of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.his.soap_xml import shapes, wording
from sandbox.his.soap_xml.wording import iso_day, iso_instant, stamp

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


def _checked(data: Mapping[str, Any]) -> Data:
    found = {"absent": "0", "done": "1", "undone": "2"}[data["found"]]
    if data["found"] != "done":
        return {"Found": found}
    return {"Found": found, **BY_OPERATION[data["operation"]].bring(data["answer"])}


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
        Transaction("list_departments", _named(), _items("departments", shapes.department)),
        Transaction("list_doctors", _named("department_code=DeptCode"), _items("doctors", shapes.doctor)),
        Transaction("list_number_classes", _named(), _items("classes", shapes.number_class)),
        Transaction("list_schedules", _span, _items("schedules", wording.schedule)),
        Transaction("list_numbers", _named("schedule_code=ScheduleCode"), _items("numbers", wording.number)),
        Transaction("list_stopped", _span, _items("stops", wording.stop)),
        Transaction(
            "quote_fee",
            lambda given: {"schedule_code": given["ScheduleCode"], "birth_date": iso_day(given["BirthDate"])},
            shapes.quote,
        ),
        Transaction(
            "lock_number",
            _named(
                "hub_number=RequestNo", "schedule_code=ScheduleCode", "number_code=TimeCode", "patient_id=PatientID"
            ),
            shapes.locked,
        ),
        Transaction(
            "unlock_number",
            _named("hub_number=RequestNo", "lock_number=LockRequestNo", "lock_code=SeqNumber"),
            lambda _: {},
        ),
        Transaction("register", shapes.register, shapes.registered),
        Transaction("pay_registration", shapes.pay, shapes.registered),
        Transaction(
            "check_in",
            _REGISTRATION,
            lambda data: {"SickSeq": data["ticket"], "AheadNum": data["ahead"], "AdmitAddress": data["place"]},
        ),
        Transaction(
            "tell_visit",
            lambda given: {
                **_REGISTRATION(given),
                "kind": given["Event"].lower(),
                "ticket": given.get("SickSeq", ""),
                "place": given.get("AdmitAddress", ""),
            },
            lambda _: {},
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
            _items("places", shapes.queue),
        ),
        Transaction("list_pending_bills", _named("patient_id=PatientID"), _items("bills", shapes.bill)),
        Transaction(
            "bill_detail",
            lambda given: {"bill_codes": given["ApplyNoSet"].split(",")},
            _items("items", shapes.bill_item),
        ),
        Transaction(
            "settle_bills",
            shapes.settle,
            lambda data: {"SettleNo": data["settlement_number"], "ReceiptNo": data["receipt_number"]},
        ),
        Transaction("list_lab_reports", _span, _items("reports", shapes.report)),
        Transaction("lab_report", _named("report_code=ReportNo"), shapes.lab_report),
        Transaction("list_paid_bills", _span, _items("bills", shapes.paid_bill)),
        Transaction(
            "paid_bill_detail",
            _named("patient_id=PatientID", "settlement_number=SettleNo"),
            _items("items", shapes.bill_item),
        ),
        Transaction("inpatient_stay", _named("patient_id=PatientID"), _items("stays", shapes.stay)),
        Transaction("pharmacy_queue", _named("patient_id=PatientID"), _items("places", shapes.medicine)),
        Transaction("list_exam_reports", _span, _items("reports", shapes.report)),
        Transaction("exam_report", _named("patient_id=PatientID", "report_code=ReportNo"), shapes.exam),
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
    "4013": "tell_visit",
    "5001": "waiting_queue",
    "6002": "list_departments",
    "6003": "list_doctors",
    "3003": "list_paid_bills",
    "3004": "paid_bill_detail",
    "3011": "inpatient_stay",
    "5002": "pharmacy_queue",
    "7001": "list_exam_reports",
    "7002": "exam_report",
    "7003": "list_lab_reports",
    "7004": "lab_report",
}

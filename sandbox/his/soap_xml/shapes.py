"""The arguments and elements of transactions that need more than other names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.his.soap_xml.wording import fen, stamp, yuan

Data = dict[str, Any]
Given = Mapping[str, str]


def department(row: Mapping[str, Any]) -> Data:
    return {
        "DeptCode": row["code"],
        "DeptName": row["name"],
        "TopDeptCode": row["parent_code"],
        "Campus": row["campus"],
        "Address": row["place"],
        "InsurCode": row["insurance_code"],
        "Intro": row["introduction"],
    }


def doctor(row: Mapping[str, Any]) -> Data:
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


def quote(data: Mapping[str, Any]) -> Data:
    return {
        "Charges": yuan(data["total_fen"]),
        "Discount": data["discount"],
        "ValidTime": stamp(data["valid_until"]),
        "Items": [
            {"ItemCode": row["code"], "ItemName": row["name"], "Charges": yuan(row["amount_fen"])}
            for row in data["items"]
        ],
    }


def locked(data: Mapping[str, Any]) -> Data:
    return {
        "SeqNumber": data["lock_code"],
        "TimeCode": data["number_code"],
        "SickNo": data["sequence"],
        "ExpireTime": stamp(data["expires_at"]),
    }


def registered(data: Mapping[str, Any]) -> Data:
    return {
        "NullahNumber": data["his_number"],
        "PatientID": data["patient_id"],
        "SickNo": data["sequence"],
        "AdmitAddress": data["place"],
        "ReceiptNo": data["receipt_number"],
    }


def register(given: Given) -> Data:
    return {
        "hub_number": given["RequestNo"],
        "schedule_code": given["ScheduleCode"],
        "number_code": given["TimeCode"],
        "patient_id": given["PatientID"],
        "fee_fen": fen(given["Cost"]),
        "lock_code": given.get("SeqNumber", ""),
        "order_number": given.get("OrderNo", ""),
    }


def settle(given: Given) -> Data:
    return {
        "hub_number": given["RequestNo"],
        "bill_codes": given["ApplyNoSet"].split(","),
        "order_number": given["OrderNo"],
        "paid_fen": fen(given["Charges"]),
    }


def pay(given: Given) -> Data:
    return {
        "hub_number": given["RequestNo"],
        "registration_number": given.get("RegRequestNo", ""),
        "his_number": given.get("NullahNumber", ""),
        "order_number": given["OrderNo"],
        "paid_fen": fen(given["Charges"]),
    }


def bill(row: Mapping[str, Any]) -> Data:
    return {
        "ApplyNo": row["code"],
        "Title": row["title"],
        "Charges": yuan(row["amount_fen"]),
        "NullahNumber": row["registration_number"],
        "DeptCode": row["department_code"],
        "DoctorName": row["doctor_name"],
        "ApplyTime": stamp(row["opened_at"]),
    }


def bill_item(row: Mapping[str, Any]) -> Data:
    return {
        "ItemCode": row["code"],
        "ItemName": row["name"],
        "Price": yuan(row["unit_price_fen"]),
        "Quantity": row["quantity"],
        "Charges": yuan(row["amount_fen"]),
        "Unit": row["unit"],
        "ReverseOf": row["reverses"],
    }


def report(row: Mapping[str, Any]) -> Data:
    return {
        "ReportNo": row["code"],
        "Title": row["title"],
        "State": "3" if row["approved"] else "2",
        "ReportTime": stamp(row["reported_at"]),
    }


def lab_report(data: Mapping[str, Any]) -> Data:
    names = {
        "ItemCode": "code",
        "ItemName": "name",
        "Value": "value",
        "Unit": "unit",
        "Range": "reference",
        "Flag": "flag",
    }
    rows = [{theirs: row[ours] for theirs, ours in names.items()} for row in data["values"]]
    return {**report(data["report"]), "Items": rows}


def queue(row: Mapping[str, Any]) -> Data:
    return {
        "DeptCode": row["department_code"],
        "SickSeq": row["ticket"],
        "AheadNum": row["ahead"],
        "AdmitAddress": row["place"],
    }


def number_class(row: Mapping[str, Any]) -> Data:
    return {"ClassCode": row["code"], "ClassName": row["name"], "Cost": yuan(row["fee_fen"])}


def paid_bill(row: Mapping[str, Any]) -> Data:
    """A settlement."""
    return {
        "SettleNo": row["settlement_number"],
        "ReceiptNo": row["receipt_number"],
        "Title": row["title"],
        "Charges": yuan(row["amount_fen"]),
        "PayTime": stamp(row["paid_at"]),
        "OrderNo": row["order_number"],
        "Refundable": "Y" if row["refundable"] else "N",
    }


def stay(row: Mapping[str, Any]) -> Data:
    """An inpatient stay."""
    return {
        "InHospNo": row["stay_number"],
        "DeptName": row["department_name"],
        "Ward": row["ward"],
        "Bed": row["bed"],
        "DoctorName": row["doctor_name"],
        "InTime": stamp(row["admitted_at"]),
        "OutTime": stamp(row["discharged_at"]),
        "FeePrepay": yuan(row["prepaid_fen"]),
        "FeeExpend": yuan(row["spent_fen"]),
        "FeeBalance": yuan(row["balance_fen"]),
    }


def medicine(row: Mapping[str, Any]) -> Data:
    """Where medicine stands."""
    return {
        "DispenseNo": row["dispensing_number"],
        "WindowNo": row["window"],
        "AheadNum": row["ahead"],
        "Ready": "Y" if row["ready"] else "N",
        "Address": row["place"],
    }


def exam(data: Mapping[str, Any]) -> Data:
    """An examination report."""
    pictures = [
        {"Title": row["title"], "ContentType": row["content_type"], "Content": row["content"]} for row in data["images"]
    ]
    return {
        **report(data["report"]),
        "Part": data["part"],
        "Finding": data["finding"],
        "Conclusion": data["conclusion"],
        "DoctorName": data["doctor_name"],
        "Items": pictures,
    }

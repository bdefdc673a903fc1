"""Bills, receipts and what was paid or went back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.his.fhir_r4 import names
from sandbox.his.fhir_r4.names import Data, concept, extension, fen, identifiers, reference, target, yuan


def quote(schedule: str, data: Mapping[str, Any]) -> Data:
    """The price for one person."""
    made: Data = {
        "resourceType": "Invoice",
        "id": f"quote-{schedule}",
        "extension": [extension("valid-until", valueDateTime=data["valid_until"])],
        "status": "draft",
        "lineItem": [
            {
                "sequence": index,
                "chargeItemCodeableConcept": concept(names.INVOICE, row["code"], row["name"]),
                "priceComponent": [{"type": "base", "amount": yuan(row["amount_fen"])}],
            }
            for index, row in enumerate(data["items"], start=1)
        ],
        "totalNet": yuan(data["total_fen"]),
    }
    return {**made, "note": [{"text": data["discount"]}]} if data["discount"] else made


def bill(row: Mapping[str, Any], items: list[Data]) -> Data:
    """A bill to pay, with its lines."""
    return {
        "resourceType": "Invoice",
        "id": row["code"],
        **_lines(row["patient_id"], items),
        "extension": [
            extension(
                "registration", valueIdentifier={"system": names.REGISTRATION, "value": row["registration_number"]}
            )
        ],
        "status": "issued",
        "type": concept(names.INVOICE, "bill", row["title"]),
        "subject": reference("Patient", row["patient_id"]),
        "date": row["opened_at"],
        "participant": [{"actor": {"type": "Practitioner", "display": row["doctor_name"]}}],
        "issuer": {"identifier": {"system": names.DEPARTMENT, "value": row["department_code"]}},
        "totalNet": yuan(row["amount_fen"]),
    }


def receipt(patient: str, row: Mapping[str, Any], invoice: Mapping[str, Any]) -> Data:
    """A settlement that was paid, or the negative one of its refund, with its e-invoice."""
    parts = [
        {"url": "state", "valueCode": invoice["state"]},
        {"url": "code", "valueString": invoice["code"]},
        {"url": "number", "valueString": invoice["number"]},
        {"url": "verification-code", "valueString": invoice["verification_code"]},
        {"url": "issued-at", "valueDateTime": invoice["issued_at"]},
    ]
    if invoice["reverses"]:
        parts.append({"url": "reverses", "valueString": invoice["reverses"]})
    return {
        "resourceType": "Invoice",
        "id": f"receipt-{row['receipt_number']}",
        "extension": [
            extension("refundable", valueBoolean=row["refundable"]),
            extension("e-invoice", extension=parts),
        ],
        "identifier": [
            {"system": names.SETTLEMENT, "value": row["settlement_number"]},
            {"system": names.RECEIPT, "value": row["receipt_number"]},
            {"system": names.ORDER, "value": row["order_number"]},
        ],
        "status": "balanced",
        "type": concept(names.INVOICE, "receipt", row["title"]),
        "subject": reference("Patient", patient),
        "date": row["paid_at"],
        "totalNet": yuan(row["amount_fen"]),
    }


def detail(patient: str, settlement: str, items: list[Data]) -> Data:
    """A settlement with its lines."""
    return {
        "resourceType": "Invoice",
        "id": f"detail-{settlement}",
        **_lines(patient, items),
        "identifier": [{"system": names.SETTLEMENT, "value": settlement}],
        "status": "balanced",
        "type": concept(names.INVOICE, "receipt"),
        "subject": reference("Patient", patient),
        "totalNet": yuan(sum(item["amount_fen"] for item in items)),
    }


def reconciliation(row: Mapping[str, Any], numbers: list[Data]) -> Data:
    """A line of the day book."""
    business = row["business"]
    line: Data = {"type": concept(names.PAYMENT, business)}
    if row["reverses"]:
        line["predecessor"] = {"system": names.RECEIPT, "value": row["reverses"]}
    settlement = row["line_number"] if business == "bill" else int(row["reverses"] or 0)
    own = [{"system": names.RECEIPT, "value": str(row["line_number"])}]
    own += (
        [{"system": names.SETTLEMENT, "value": f"J{settlement:08d}"}] if business == "bill" or row["reverses"] else []
    )
    return {
        "resourceType": "PaymentReconciliation",
        "id": f"line-{row['line_number']}",
        "identifier": [*own, *numbers],
        "status": "active",
        "created": row["happened_at"],
        "paymentDate": row["happened_at"][:10],
        "paymentAmount": yuan(row["amount_fen"]),
        "paymentIdentifier": {"system": names.ORDER, "value": row["order_number"]},
        "detail": [line],
    }


def command(body: Mapping[str, Any]) -> tuple[str, Data]:
    """Which command a written payment is, and its arguments."""
    [number] = identifiers(body, names.REQUEST)
    amount = fen(body["paymentAmount"])
    order = str(body["paymentIdentifier"]["value"])
    if amount < 0:
        settlement = str(body["detail"][0]["identifier"]["value"])
        return "refund_bills", {"hub_number": number, "settlement_number": settlement, "refund_number": order}
    codes = [target(line["request"]) for line in body["detail"]]
    return "settle_bills", {"hub_number": number, "bill_codes": codes, "order_number": order, "paid_fen": amount}


def _lines(patient: str, items: list[Data]) -> Data:
    contained, lines = [], []
    for index, item in enumerate(items, start=1):
        charge: Data = {
            "resourceType": "ChargeItem",
            "id": f"c{index}",
            "status": "billed",
            "code": {"coding": [{"code": item["code"]}], "text": item["name"]},
            "subject": reference("Patient", patient),
            "quantity": {
                "value": float(item["quantity"]) if "." in item["quantity"] else int(item["quantity"]),
                "unit": item["unit"],
            },
        }
        if item["reverses"]:
            charge["extension"] = [extension("reverses", valueString=item["reverses"])]
        contained.append(charge)
        prices = (("informational", item["unit_price_fen"]), ("base", item["amount_fen"]))
        lines.append(
            {
                "sequence": index,
                "chargeItemReference": {"reference": f"#c{index}"},
                "priceComponent": [{"type": kind, "amount": yuan(amount)} for kind, amount in prices],
            }
        )
    return {"contained": contained, "lineItem": lines}

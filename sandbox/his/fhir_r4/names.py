"""Identifier systems, code systems and extensions of the interface document, chapter 3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Data = dict[str, Any]
BASE = "https://district-hub.example/fhir"
REQUEST = f"{BASE}/request-number"
REGISTRATION = f"{BASE}/registration-number"
RECEIPT = f"{BASE}/receipt-number"
SETTLEMENT = f"{BASE}/settlement-number"
ORDER = f"{BASE}/order-number"
DISPENSING = f"{BASE}/dispensing-number"
DEPARTMENT = f"{BASE}/department"
DOCUMENT = f"{BASE}/document/"
OPERATION = f"{BASE}/operation"
REFUSAL = f"{BASE}/refusal"
NUMBER_CLASS = f"{BASE}/number-class"
INSURANCE = f"{BASE}/insurance-code"
PAYMENT = f"{BASE}/payment"
INVOICE = f"{BASE}/invoice"
TAG = f"{BASE}/tag"
GENERATION = f"{BASE}/generation"
LOINC = "http://loinc.org"
REPORTS = "http://terminology.hl7.org/CodeSystem/v2-0074"
CLASSES = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CANCELLED = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"


def extension(name: str, **value: Any) -> Data:
    """An extension of the interface."""
    return {"url": f"{BASE}/StructureDefinition/{name}", **value}


def told(resource: Mapping[str, Any], name: str) -> Data | None:
    """An extension of a resource, or a part of a complex one."""
    wanted = {f"{BASE}/StructureDefinition/{name}", name}
    return next((item for item in resource.get("extension", ()) if item["url"] in wanted), None)


def identifiers(resource: Mapping[str, Any], system: str) -> list[str]:
    """The values of a system."""
    return [str(item.get("value", "")) for item in resource.get("identifier", ()) if item.get("system") == system]


def asked_for(resource: Mapping[str, Any], number: str) -> str:
    """The operation a request number of a resource says it was given for."""
    of = next(item for item in resource["identifier"] if item.get("value") == number)
    return next((str(coding["code"]) for coding in of.get("type", {}).get("coding", ())), "")


def concept(system: str, code: str, text: str = "") -> Data:
    """A CodeableConcept with one coding."""
    return {"coding": [{"system": system, "code": code}], **({"text": text} if text else {})}


def reference(kind: str, wanted: object, display: str = "") -> Data:
    """A reference to a resource."""
    return {"reference": f"{kind}/{wanted}", **({"display": display} if display else {})}


def target(reference_: Mapping[str, Any] | None) -> str:
    """The id of a reference."""
    return str((reference_ or {}).get("reference", "")).partition("/_history/")[0].rpartition("/")[2]


def yuan(fen: int) -> Data:
    """Money."""
    return {"value": fen / 100, "currency": "CNY"}


def fen(money: Mapping[str, Any]) -> int:
    """An amount of the hub's."""
    return round(float(money["value"]) * 100)

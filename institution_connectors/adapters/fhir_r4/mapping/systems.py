"""The names of this interface: identifier systems, code systems and extensions (`docs/interfaces/fhir_r4.md` 3)."""

from __future__ import annotations

from typing import Any, Final

BASE: Final = "https://district-hub.example/fhir"

# identifiers
REQUEST: Final = f"{BASE}/request-number"
REGISTRATION: Final = f"{BASE}/registration-number"
RECEIPT: Final = f"{BASE}/receipt-number"
SETTLEMENT: Final = f"{BASE}/settlement-number"
ORDER: Final = f"{BASE}/order-number"
DISPENSING: Final = f"{BASE}/dispensing-number"
DEPARTMENT: Final = f"{BASE}/department"
DOCUMENT: Final = f"{BASE}/document/"
HEALTH_CARD: Final = f"{BASE}/health-card"

# codes
OPERATION: Final = f"{BASE}/operation"
REFUSAL: Final = f"{BASE}/refusal"
NUMBER_CLASS: Final = f"{BASE}/number-class"
INSURANCE: Final = f"{BASE}/insurance-code"
PAYMENT: Final = f"{BASE}/payment"
INVOICE: Final = f"{BASE}/invoice"
TAG: Final = f"{BASE}/tag"
GENERATION: Final = f"{BASE}/generation"
LOINC: Final = "http://loinc.org"
SECTION_OF_REPORT: Final = "http://terminology.hl7.org/CodeSystem/v2-0074"
ENCOUNTER_CLASS: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

_EXTENSIONS: Final = f"{BASE}/StructureDefinition/"


def extension_url(name: str) -> str:
    """The address of an extension of this interface."""
    return _EXTENSIONS + name


def extension(name: str, **value: Any) -> dict[str, Any]:
    """`{url, value[x]}`; parts of a complex extension are named by their bare name, as FHIR wants it."""
    return {"url": extension_url(name), **value}


def identifier(system: str, value: str, operation: str = "") -> dict[str, Any]:
    """An identifier; request numbers also say which operation they were given for."""
    made: dict[str, Any] = {"system": system, "value": value}
    if operation:
        made["type"] = {"coding": [{"system": OPERATION, "code": operation}]}
    return made


def yuan(fen: int) -> dict[str, Any]:
    """Money of FHIR; two decimals of a float are written exactly."""
    return {"value": fen / 100, "currency": "CNY"}

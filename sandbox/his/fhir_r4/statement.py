"""What this server says it can do."""

from __future__ import annotations

from sandbox.his.fhir_r4.names import BASE, Data

_SEARCHED = (
    "HealthcareService", "PractitionerRole", "ChargeItemDefinition", "Schedule", "Slot", "Invoice", "Encounter",
    "MedicationDispense", "DiagnosticReport", "Composition",
)  # fmt: skip
_WRITTEN = ("Patient", "Appointment")
_CREATED = ("PaymentReconciliation", "Subscription")


def statement(now: str, *, smart: bool, base: str) -> Data:
    """The CapabilityStatement."""
    resources: list[Data] = [{"type": kind, "interaction": _codes("search-type")} for kind in _SEARCHED]
    resources += [
        {
            "type": kind,
            "interaction": _codes("read", "search-type", "create", "update"),
            "versioning": "versioned-update",
            "conditionalCreate": True,
        }
        for kind in _WRITTEN
    ]
    resources += [
        {"type": kind, "interaction": _codes("search-type", "create"), "conditionalCreate": True} for kind in _CREATED
    ]
    for resource in resources:
        if resource["type"] == "Schedule":
            resource["operation"] = [{"name": "quote", "definition": f"{BASE}/OperationDefinition/quote"}]
    security: Data = {"cors": False, "description": "静态令牌（Bearer）"}
    if smart:
        url = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
        security = {
            "extension": [{"url": url, "extension": [{"url": "token", "valueUri": f"{base}/auth/token"}]}],
            "service": [{"text": "SMART backend services"}],
        }
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": now,
        "kind": "instance",
        "implementation": {"description": "医院信息系统 FHIR 接口"},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [{"mode": "server", "security": security, "resource": resources}],
    }


def _codes(*codes: str) -> list[Data]:
    return [{"code": code} for code in codes]

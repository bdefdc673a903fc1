"""Departments, doctors, classes, sessions, numbers and patients as resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.his.fhir_r4 import names
from sandbox.his.fhir_r4.names import Data, concept, extension, reference, yuan

_GENDERS = {"1": "male", "2": "female", "9": "other"}
_SEXES = {"male": "1", "female": "2", "other": "9"}
_SLOTS = {"free": "free", "locked": "busy-tentative", "taken": "busy", "stopped": "busy-unavailable"}
STOPPED = {"system": names.TAG, "code": "stopped"}


def department(row: Mapping[str, Any]) -> Data:
    """A department."""
    made: Data = {
        "resourceType": "HealthcareService",
        "id": row["code"],
        "extension": [extension("campus", valueString=row["campus"])],
        "active": True,
        "name": row["name"],
        "comment": row["introduction"],
    }
    if row["place"]:
        made["location"] = [{"type": "Location", "display": row["place"]}]
    if row["insurance_code"]:
        made["specialty"] = [concept(names.INSURANCE, row["insurance_code"])]
    if row["parent_code"]:
        made["extension"].append(extension("parent", valueReference=reference("HealthcareService", row["parent_code"])))
    return made


def role(row: Mapping[str, Any]) -> Data:
    """A doctor's post, or the rota of a department."""
    service = reference("HealthcareService", row["department_code"])
    if row["rota"]:
        return {
            "resourceType": "PractitionerRole",
            "id": row["code"],
            "active": True,
            "healthcareService": [{**service, "display": row["name"]}],
        }
    return {
        "resourceType": "PractitionerRole",
        "id": f"{row['code']}-{row['department_code']}",
        "extension": [extension("skills", valueString=row["skills"])],
        "active": True,
        "practitioner": reference("Practitioner", row["code"], row["name"]),
        "code": [{"text": row["title"]}],
        "healthcareService": [service],
        "specialty": [concept(names.INSURANCE, row["insurance_code"])],
    }


def practitioner(row: Mapping[str, Any]) -> Data:
    """The person behind a post."""
    return {
        "resourceType": "Practitioner",
        "id": row["code"],
        "active": True,
        "name": [{"use": "official", "text": row["name"]}],
        "gender": _GENDERS.get(row["sex"], "unknown"),
    }


def number_class(row: Mapping[str, Any]) -> Data:
    """A class of number with its price."""
    return {
        "resourceType": "ChargeItemDefinition",
        "id": f"number-class-{row['code']}",
        "meta": {"tag": [{"system": names.TAG, "code": "number-class"}]},
        "url": f"{names.BASE}/ChargeItemDefinition/number-class-{row['code']}",
        "title": row["name"],
        "status": "active",
        "code": concept(names.NUMBER_CLASS, row["code"], row["name"]),
        "propertyGroup": [{"priceComponent": [{"type": "base", "amount": yuan(row["fee_fen"])}]}],
    }


def schedule(row: Mapping[str, Any], stop: Mapping[str, Any] | None = None, *, rota: bool = False) -> Data:
    """A session; stopped, whole or in part, it says so."""
    made: Data = {
        "resourceType": "Schedule",
        "id": row["code"],
        "extension": [
            extension("fee", valueMoney=yuan(row["fee_fen"])),
            extension("capacity", valueInteger=row["capacity"]),
            extension("remaining", valueInteger=row["remaining"]),
            extension("campus", valueString=row["campus"]),
        ],
        "active": row["state"] == "open",
        "serviceType": [
            {"coding": [{"system": names.NUMBER_CLASS, "code": row["class_code"], "display": row["class_name"]}]}
        ],
        "actor": [
            reference("HealthcareService", row["department_code"]),
            reference("PractitionerRole" if rota else "Practitioner", row["doctor_code"]),
        ],
        "planningHorizon": {"start": row["starts"], "end": row["ends"]},
    }
    if row["place"]:
        made["comment"] = row["place"]
    if stop is not None:
        made["meta"] = {"tag": [STOPPED]}
        made["extension"].append(_stop(stop))
    return made


def slot(row: Mapping[str, Any]) -> Data:
    """A number."""
    return {
        "resourceType": "Slot",
        "id": row["code"],
        "extension": [extension("sequence", valueInteger=row["sequence"])],
        "schedule": reference("Schedule", row["schedule_code"]),
        "status": _SLOTS[row["state"]],
        "start": row["starts"],
        "end": row["ends"],
    }


def patient(row: Mapping[str, Any], numbers: list[Data]) -> Data:
    """An archive; one that became part of another says so."""
    made: Data = {
        "resourceType": "Patient",
        "id": row["id"],
        "identifier": [{"system": names.DOCUMENT + row["document_type"], "value": row["document_number"]}, *numbers],
        "active": not row["merged_into"],
        "name": [{"use": "official", "text": row["name"]}],
        "gender": _GENDERS.get(row["sex"], "unknown"),
        "birthDate": row["birth_date"],
    }
    if row["phone"]:
        made["telecom"] = [{"system": "phone", "value": row["phone"]}]
    if row["address"]:
        made["address"] = [{"text": row["address"]}]
    if row["merged_into"]:
        made["link"] = [{"type": "replaced-by", "other": reference("Patient", row["merged_into"])}]
    return made


def patient_fields(resource: Mapping[str, Any]) -> Data:
    """A patient of the hub's."""
    document = next(item for item in resource["identifier"] if item["system"].startswith(names.DOCUMENT))
    return {
        "name": resource["name"][0]["text"],
        "document_type": document["system"].removeprefix(names.DOCUMENT),
        "document_number": document["value"],
        "sex": _SEXES.get(resource.get("gender", ""), "0"),
        "birth_date": resource.get("birthDate", ""),
        "phone": next((item["value"] for item in resource.get("telecom", ()) if item["system"] == "phone"), ""),
        "address": next((item["text"] for item in resource.get("address", ())), ""),
    }


def _stop(stop: Mapping[str, Any]) -> Data:
    parts: list[Data] = [
        {"url": "reason", "valueString": stop["reason"]},
        {"url": "decided-at", "valueDateTime": stop["decided_at"]},
    ]
    if stop["from_sequence"]:
        parts.append({"url": "from-sequence", "valueInteger": stop["from_sequence"]})
    if stop["from_time"]:
        parts.append({"url": "from-time", "valueDateTime": stop["from_time"]})
    return extension("stop", extension=parts)

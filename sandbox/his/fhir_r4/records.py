"""Stays, reports, summaries, and what goes on in visits."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from sandbox.his.fhir_r4 import names
from sandbox.his.fhir_r4.names import Data, concept, extension, reference, yuan

_STEPS = {"arrived": "arrived", "called": "in-progress", "missed": "onleave", "visit_ended": "finished"}
_SECTIONS = (
    ("46241-6", "入院诊断", "admission_diagnosis"),
    ("11535-2", "出院诊断", "discharge_diagnosis"),
    ("8648-8", "诊疗经过", "course"),
    ("8653-8", "出院医嘱", "advice"),
)
ENCOUNTER_STEPS = frozenset(_STEPS)
_BLOOD = {"H": "High", "L": "Low"}


def stay(row: Mapping[str, Any], patient: str) -> Data:
    """An inpatient stay with its account."""
    account = [{"url": name, "valueMoney": yuan(row[f"{name}_fen"])} for name in ("prepaid", "spent", "balance")]
    made: Data = {
        "resourceType": "Encounter",
        "id": row["stay_number"],
        "extension": [extension("account", extension=account)],
        "status": "finished" if row["discharged_at"] else "in-progress",
        "class": {"system": names.CLASSES, "code": "IMP"},
        "serviceType": {"text": row["department_name"]},
        "subject": reference("Patient", patient),
        "participant": [{"individual": {"type": "Practitioner", "display": row["doctor_name"]}}],
        "period": {"start": row["admitted_at"]},
        "location": [{"location": {"display": row["ward"]}}, {"location": {"display": row["bed"]}}],
    }
    if row["discharged_at"]:
        made["period"]["end"] = row["discharged_at"]
    return made


def visit(events: list[Data], numbers: list[Data]) -> Data:
    """The encounter of a registration, out of its steps, oldest first."""
    last = events[-1]
    history = [{"status": _STEPS[event["kind"]], "period": {"start": event["happened_at"]}} for event in events]
    made: Data = {
        "resourceType": "Encounter",
        "id": last["his_number"],
        "meta": {"lastUpdated": last["happened_at"]},
        "identifier": [{"system": names.REGISTRATION, "value": last["his_number"]}, *numbers],
        "status": _STEPS[last["kind"]],
        "statusHistory": history,
        "class": {"system": names.CLASSES, "code": "AMB"},
        "subject": reference("Patient", last["patient_id"]),
        "period": {"start": events[0]["happened_at"]},
    }
    if last["kind"] == "visit_ended":
        made["period"]["end"] = last["happened_at"]
    if last["ticket"]:
        made["extension"] = [extension("queue", extension=[{"url": "ticket", "valueString": last["ticket"]}])]
    if last["place"]:
        made["location"] = [{"location": {"display": last["place"]}}]
    return made


def dispense(wanted: str, events: list[Data], numbers: list[Data]) -> Data:
    """What became of one dispensing, out of its steps, oldest first."""
    last = events[-1]
    made: Data = {
        "resourceType": "MedicationDispense",
        "id": wanted,
        "meta": {"lastUpdated": last["happened_at"]},
        "identifier": [{"system": names.REGISTRATION, "value": last["his_number"]}, *numbers],
        "status": "in-progress",
        "medicationCodeableConcept": {"text": "处方药品"},
        "subject": reference("Patient", last["patient_id"]),
        "context": reference("Encounter", last["his_number"]),
    }
    if last["dispensing_number"]:
        made["identifier"].append({"system": names.DISPENSING, "value": last["dispensing_number"]})
    for event in events:
        if event["kind"] == "medicine_ready":
            made |= {"whenPrepared": event["happened_at"], "destination": {"display": event["window"]}}
            if event["place"]:
                made["location"] = {"display": event["place"]}
        else:
            parts = [{"url": "carrier", "valueString": event["carrier"]}]
            parts.append({"url": "tracking-number", "valueString": event["tracking_number"]})
            made |= {
                "status": "completed",
                "whenHandedOver": event["happened_at"],
                "extension": [extension("parcel", extension=parts)],
            }
    return made


def queued(row: Mapping[str, Any], patient: str) -> Data:
    """Medicine in the pharmacy's queue."""
    made: Data = {
        "resourceType": "MedicationDispense",
        "id": row["dispensing_number"],
        "extension": [extension("ahead", valueInteger=row["ahead"])],
        "identifier": [{"system": names.DISPENSING, "value": row["dispensing_number"]}],
        "status": "in-progress" if row["ready"] else "preparation",
        "medicationCodeableConcept": {"text": "处方药品"},
        "subject": reference("Patient", patient),
        "location": {"display": row["place"]},
    }
    return {**made, "destination": {"display": row["window"]}} if row["window"] else made


def report(row: Mapping[str, Any], patient: str, category: str) -> Data:
    """A report that exists."""
    return {
        "resourceType": "DiagnosticReport",
        "id": row["code"],
        "status": "final" if row["approved"] else "preliminary",
        "category": [concept(names.REPORTS, category)],
        "code": {"text": row["title"]},
        "subject": reference("Patient", patient),
        "issued": row["reported_at"],
    }


def lab(data: Mapping[str, Any], patient: str) -> tuple[Data, list[Data]]:
    """A laboratory report with its values."""
    head = report(data["report"], patient, "LAB")
    values = [_value(f"{head['id']}-{index}", row, patient) for index, row in enumerate(data["values"], start=1)]
    return {**head, "result": [reference("Observation", value["id"]) for value in values]}, values


def exam(data: Mapping[str, Any], patient: str) -> tuple[Data, list[Data]]:
    """An examination report with its finding and its pictures."""
    head = report(data["report"], patient, "RAD")
    finding = {
        "resourceType": "Observation",
        "id": f"{head['id']}-1",
        "status": "final",
        "code": concept(names.LOINC, "59776-5", "检查所见"),
        "subject": reference("Patient", patient),
        "bodySite": {"text": data["part"]},
        "valueString": data["finding"],
    }
    forms = [
        {"title": image["title"], "contentType": image["content_type"], "data": image["content"]}
        for image in data["images"]
    ]
    more = {
        "resultsInterpreter": [{"type": "Practitioner", "display": data["doctor_name"]}],
        "result": [reference("Observation", finding["id"])],
        "conclusion": data["conclusion"],
        "presentedForm": forms,
    }
    return {**head, **more}, [finding]


def summary_head(row: Mapping[str, Any], patient: str) -> Data:
    """A discharge summary that exists."""
    return {
        "resourceType": "Composition",
        "id": row["code"],
        "status": "final" if row["approved"] else "preliminary",
        "type": concept(names.LOINC, "18842-5", "出院小结"),
        "subject": reference("Patient", patient),
        "date": row["reported_at"],
        "author": [{"type": "Practitioner", "display": row.get("doctor_name") or "医务科"}],
        "title": row["title"],
    }


def summary(data: Mapping[str, Any], patient: str) -> tuple[Data, list[Data]]:
    """A discharge summary with its sections, and the stay it is of."""
    head = summary_head({**data["report"], "doctor_name": data["doctor_name"]}, patient)
    sections = [
        {
            "title": title,
            "code": concept(names.LOINC, code),
            "text": {
                "status": "generated",
                "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{escape(data[name])}</p></div>',
            },
        }
        for code, title, name in _SECTIONS
    ]
    of = {
        "resourceType": "Encounter",
        "id": data["stay_number"],
        "status": "finished",
        "class": {"system": names.CLASSES, "code": "IMP"},
        "serviceType": {"text": data["department_name"]},
        "subject": reference("Patient", patient),
        "period": {"start": data["admitted_at"], "end": data["discharged_at"]},
    }
    return {**head, "encounter": reference("Encounter", data["stay_number"]), "section": sections}, [of]


def _value(wanted: str, row: Mapping[str, Any], patient: str) -> Data:
    made: Data = {
        "resourceType": "Observation",
        "id": wanted,
        "status": "final",
        "code": {"coding": [{"code": row["code"]}], "text": row["name"]},
        "subject": reference("Patient", patient),
        "valueQuantity": {
            "value": float(row["value"]) if "." in row["value"] else int(row["value"]),
            "unit": row["unit"],
        },
        "referenceRange": [{"text": row["reference"]}],
    }
    if row["flag"]:
        made["interpretation"] = [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
                        "code": row["flag"],
                        "display": _BLOOD.get(row["flag"], row["flag"]),
                    }
                ]
            }
        ]
    return made

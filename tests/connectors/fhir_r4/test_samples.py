"""Public FHIR R4 resources: each is taken, or refused with the element that is wrong and FHIR's word for why."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from institution_connectors.adapters.fhir_r4 import FhirR4Adapter
from institution_connectors.adapters.fhir_r4.errors import Problem
from institution_connectors.adapters.fhir_r4.mapping import directory, inbound, records
from institution_connectors.adapters.fhir_r4.mapping.node import Node
from institution_connectors.contracts import MalformedMessage
from tests.connectors.dialects import CASES

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "fhir-r4"
FILES = sorted(path.relative_to(SAMPLES).as_posix() for path in SAMPLES.glob("*/*.json"))
PROFILE = next(case.profile for case in CASES if case.dialect == "fhir_r4")
HL7, MS, OPENMRS = "hl7-r4-examples/", "ms-fhir-server/", "openmrs-fhir2/"

# Taken, with what is told of each; nothing is told of whoever was not merged, and of what the hub itself writes.
TAKEN = {
    f"{HL7}Appointment-example.json": (),
    f"{HL7}Appointment-examplereq.json": (),
    f"{HL7}DiagnosticReport-102.json": ("ResultReported",),
    f"{HL7}DiagnosticReport-pap.json": ("ResultReported",),
    f"{HL7}Encounter-emerg.json": ("VisitEvent",),
    f"{HL7}Encounter-home.json": ("VisitEvent",),
    **{f"{HL7}Patient-{name}.json": () for name in (
        "example", "f001", "infant-mom", "infant-twin-1", "mom", "pat1", "pat2", "xcda"
    )},
    f"{OPENMRS}DiagnosticReport_create_r4.json": ("ResultReported",),
}  # fmt: skip
# Refused: FHIR's issue type and the element.
REFUSED = {
    f"{HL7}Bundle-lipids.json": ("not-supported", "Bundle.entry[0].resource"),
    f"{HL7}ChargeItem-example.json": ("value", "ChargeItem.priceOverride.currency"),
    f"{HL7}Encounter-example.json": ("required", "Encounter.period"),
    f"{HL7}Encounter-f001.json": ("required", "Encounter.period"),
    f"{HL7}Encounter-f201.json": ("required", "Encounter.period"),
    f"{HL7}Invoice-example.json": ("value", "Invoice.totalNet.currency"),
    f"{HL7}Schedule-example.json": ("required", "Schedule.actor"),
    f"{HL7}Schedule-exampleloc1.json": ("required", "Schedule.actor"),
    f"{HL7}Slot-1.json": ("required", "Slot.extension(sequence)"),
    f"{HL7}Slot-example.json": ("required", "Slot.extension(sequence)"),
    f"{MS}PatientMissingResourceType.json": ("structure", "resourceType"),
    f"{MS}PatientWithMinimalData.json": ("required", "Patient.id"),
    f"{OPENMRS}EncounterWebTest_create.json": ("required", "Encounter.id"),
    f"{OPENMRS}PatientWebTest_create.json": ("required", "Patient.id"),
    f"{OPENMRS}PatientWebTest_updateWithoutId.json": ("required", "Patient.id"),
    f"{OPENMRS}Patient_json_patch.json": ("structure", ""),
    f"{OPENMRS}VisitWebTest_create.json": ("required", "Encounter.id"),
}


def resource(name: str) -> Any:
    """A sample; some are published with a byte order mark."""
    return json.loads((SAMPLES / name).read_text(encoding="utf-8-sig"))


def expected(name: str) -> tuple[str, str]:
    """Why a sample is refused; one of a type nobody notifies is refused as such."""
    if name in REFUSED:
        return REFUSED[name]
    if resource(name)["resourceType"] == "Bundle":
        return "not-supported", "Bundle.type"
    return "not-supported", "resourceType"


@pytest.mark.parametrize("name", FILES)
def test_a_sample_is_taken_or_refused_by_its_element(name: str) -> None:
    adapter = FhirR4Adapter(PROFILE, b"0123456789abcdef0123456789abcdef")
    body, head = (SAMPLES / name).read_bytes(), {"content-type": "application/fhir+json; charset=utf-8"}
    if name in TAKEN:
        message = adapter.decode_inbound(body, head)
        assert tuple(type(fact).__name__ for fact in message.facts) == TAKEN[name]
        assert message.message_id
        return
    with pytest.raises(MalformedMessage) as refusal:
        adapter.decode_inbound(body, head)
    assert (refusal.value.code, refusal.value.where) == expected(name)
    assert len(str(refusal.value)) < 300


def test_every_table_names_samples_that_exist() -> None:
    assert {*TAKEN, *REFUSED} <= set(FILES)


# How the types of a made-up patient's whole record are read in answers: all of them, or refused for this reason.
READERS = {
    "DiagnosticReport": lambda node: records.report(node),
    "Encounter": lambda node: inbound.facts_of(node),
    "Observation": lambda node: records.lab_value(node),
    "Patient": lambda node: directory.name_of(node),
    "Practitioner": lambda node: directory.name_of(node),
}


@pytest.mark.parametrize("name", ["synthea/Clemente_Kreiger.json", "synthea/Ned_Hintz.json"])
def test_a_whole_record_is_read_entry_by_entry(name: str) -> None:
    taken: Counter[str] = Counter()
    refused: Counter[tuple[str, str]] = Counter()
    for entry in resource(name)["entry"]:
        kind = entry["resource"]["resourceType"]
        if kind not in READERS:
            continue
        try:
            READERS[kind](Node.resource(entry["resource"]))
            taken[kind] += 1
        except Problem as problem:
            refused[kind, problem.expression] += 1
    assert taken["Patient"] == 1
    assert taken["Encounter"] > 1
    assert taken["DiagnosticReport"] >= 1
    assert taken["Observation"] > 20
    # blood pressure and surveys have components instead of one value: named, not guessed at
    assert {where for where, _ in refused} <= {"Observation"}
    assert {element for _, element in refused} <= {"Observation.valueString"}

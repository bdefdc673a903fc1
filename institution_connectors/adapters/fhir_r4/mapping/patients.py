"""`Patient`: found and made by certificate, corrected under the version that was read."""

from __future__ import annotations

from typing import Any, Final

from institution_connectors.adapters.fhir_r4.client import Reply, Stale
from institution_connectors.adapters.fhir_r4.errors import Incomplete
from institution_connectors.adapters.fhir_r4.mapping import systems
from institution_connectors.adapters.fhir_r4.mapping.directory import SEXES, name_of
from institution_connectors.adapters.fhir_r4.mapping.node import Node
from institution_connectors.adapters.fhir_r4.talk import Talk, own_number
from institution_connectors.contracts import (
    Answer,
    CreatePatient,
    Done,
    FindPatient,
    Operation,
    Patient,
    PatientCreated,
    Patients,
    PatientsMerged,
    Reason,
    Sex,
    UpdatePatient,
)
from institution_connectors.http import CallFailed

_GENDERS: Final = {sex: code for code, sex in SEXES.items()}
_GUARDIAN: Final = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "GUARD", "display": "guardian"}]
}
_CREATED = 201


def find_patient(talk: Talk, request: FindPatient) -> Patients:
    """By certificate; archives that became another one are left out (F14), several may remain (F15)."""
    token = f"{systems.DOCUMENT}{request.document_type}|{request.document_number}"
    found = talk.search("Patient", [("identifier", token)], secret=True)
    return Patients(patients=tuple(patient(node) for node in found.matches if replaced_by(node) is None))


def create_patient(talk: Talk, request: CreatePatient) -> PatientCreated:
    """Created unless the certificate has an archive already; the archive's id may come in `Location` alone."""
    who = request.patient
    unless = f"identifier={systems.DOCUMENT}{who.document_type}|{who.document_number}"
    made, reply = talk.create(resource(talk, who, request), unless=unless)
    existed = reply.status != _CREATED
    if made is None:
        return PatientCreated(his_patient_id=_located(reply), existed=existed)
    if not existed:
        own_number(made, request.hub_number)
    return PatientCreated(his_patient_id=made.id, existed=existed)


def update_patient(talk: Talk, request: UpdatePatient) -> Done:
    """What the hospital knows beyond us stays as it is."""
    known = talk.read("Patient", request.patient.his_id)
    wanted = resource(talk, request.patient, request)
    ours = {item["system"] for item in wanted["identifier"] if item["system"] != systems.REQUEST}
    kept = [item.data for item in known.nodes("identifier") if item.optional("system") not in ours]
    changed = {**known.data, **wanted, "id": known.id, "identifier": [*kept, *wanted["identifier"]]}
    try:
        own_number(talk.update(changed, version=known.version), request.hub_number)
    except Stale as stale:
        raise CallFailed(Answer.rejected(Reason.BUSY, text="the archive was changed meanwhile (412)")) from stale
    return Done()


def patient(node: Node) -> Patient:
    """An archive of the hospital."""
    document = next(
        (item for item in node.nodes("identifier") if item.optional("system").startswith(systems.DOCUMENT)), None
    )
    if document is None:
        raise Incomplete(f"{node.path}.identifier", f"has none with system {systems.DOCUMENT}<type>")
    return Patient(
        his_id=node.id,
        name=name_of(node),
        document_type=document.text("system").removeprefix(systems.DOCUMENT),
        document_number=document.text("value"),
        sex=SEXES.get(node.optional("gender"), Sex.UNKNOWN),
        birth_date=node.day("birthDate"),
        phone=next(
            (item.optional("value") for item in node.nodes("telecom") if item.optional("system") == "phone"), ""
        ),
        address=node.within("address", "text"),
        health_card=node.identifier(systems.HEALTH_CARD),
    )


def resource(talk: Talk, who: Patient, request: CreatePatient | UpdatePatient) -> dict[str, Any]:
    """The patient as this hospital may keep him."""
    made: dict[str, Any] = {
        "resourceType": "Patient",
        "identifier": [
            systems.identifier(systems.DOCUMENT + who.document_type, who.document_number),
            systems.identifier(systems.REQUEST, request.hub_number, str(request.operation)),
        ],
        "active": True,
        "name": [{"use": "official", "text": talk.text("name", who.name)}],
        "gender": _GENDERS[who.sex],
        "birthDate": who.birth_date.isoformat(),
    }
    if who.health_card:
        made["identifier"].append(systems.identifier(systems.HEALTH_CARD, who.health_card))
    if who.phone:
        made["telecom"] = [{"system": "phone", "value": who.phone}]
    if who.address:
        made["address"] = [{"text": talk.text("address", who.address)}]
    if who.guardian is not None:
        made["contact"] = [_guardian(talk, who)]
    return made


def subject(who: Patient) -> dict[str, Any]:
    """As much of a person as a price depends on."""
    made: dict[str, Any] = {
        "resourceType": "Patient",
        "gender": _GENDERS[who.sex],
        "birthDate": who.birth_date.isoformat(),
    }
    return {**made, "id": who.his_id} if who.his_id else made


def replaced_by(node: Node) -> str | None:
    """The archive this one became a part of (F14)."""
    for link in node.nodes("link"):
        if link.optional("type") == "replaced-by":
            return link.reference("other", "Patient")
    return None


def merged(node: Node, kept: str) -> PatientsMerged:
    """Two archives became one."""
    return PatientsMerged(occurred_at=node.node("meta").instant("lastUpdated"), kept_id=kept, merged_id=node.id)


def outcome(node: Node, _asked: Operation) -> PatientCreated | Done:
    """What a request that is found in an archive had brought."""
    return PatientCreated(his_patient_id=node.id) if _asked is Operation.CREATE_PATIENT else Done()


def _guardian(talk: Talk, who: Patient) -> dict[str, Any]:
    assert who.guardian is not None
    of = who.guardian
    document = systems.identifier(systems.DOCUMENT + of.document_type, of.document_number)
    made: dict[str, Any] = {
        "extension": [systems.extension("document", valueIdentifier=document)],
        "relationship": [_GUARDIAN],
        "name": {"text": talk.text("name", of.name)},
    }
    if of.phone:
        made["telecom"] = [{"system": "phone", "value": of.phone}]
    return made


def _located(reply: Reply) -> str:
    """The id out of `Location: [base]/Patient/<id>/_history/<version>`."""
    return Node({"reference": reply.location.partition("?")[0]}, "HTTP header Location").target("Patient")

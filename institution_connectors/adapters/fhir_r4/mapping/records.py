"""What the wards and examination rooms write: stays, laboratory and examination reports, discharge summaries."""

from __future__ import annotations

from typing import Final

from institution_connectors.adapters.fhir_r4.errors import Incomplete
from institution_connectors.adapters.fhir_r4.mapping import systems
from institution_connectors.adapters.fhir_r4.mapping.node import Node
from institution_connectors.adapters.fhir_r4.talk import Found, Params, Talk
from institution_connectors.contracts import (
    Answer,
    DischargeSummary,
    DischargeSummaryText,
    ExamReport,
    ExamReportText,
    InpatientStay,
    LabReport,
    LabReportLines,
    LabValue,
    ListDischargeSummaries,
    ListExamReports,
    ListLabReports,
    Reason,
    Report,
    ReportImage,
    Reports,
    Stay,
    Stays,
)
from institution_connectors.http import CallFailed

DISCHARGE: Final = "18842-5"
_LAB, _EXAM = "LAB", "RAD"
_SECTIONS: Final = {
    "admission_diagnosis": "46241-6",
    "discharge_diagnosis": "11535-2",
    "course": "8648-8",
    "advice": "8653-8",
}
# FHIR's states of a report, and whether a patient may see it.
APPROVED: Final = {
    "registered": False,
    "partial": False,
    "preliminary": False,
    "final": True,
    "amended": True,
    "corrected": True,
    "appended": True,
    "cancelled": False,
    "entered-in-error": False,
    "unknown": False,
}
_DOCUMENT_APPROVED: Final = {"preliminary": False, "final": True, "amended": True, "entered-in-error": False}


def inpatient_stay(talk: Talk, request: InpatientStay) -> Stays:
    """`Encounter` of the class IMP, the latest first."""
    params: Params = [_subject(request.his_patient_id), ("class", f"{systems.ENCOUNTER_CLASS}|IMP")]
    stays = map(_stay, talk.search("Encounter", params).matches)
    return Stays(stays=tuple(sorted(stays, key=lambda stay: stay.admitted_at, reverse=True)))


def list_lab_reports(talk: Talk, request: ListLabReports) -> Reports:
    """`DiagnosticReport` of the category LAB."""
    return _reports(talk, request, _LAB)


def list_exam_reports(talk: Talk, request: ListExamReports) -> Reports:
    """`DiagnosticReport` of the category RAD: imaging, ultrasound, endoscopy."""
    return _reports(talk, request, _EXAM)


def lab_report(talk: Talk, request: LabReport) -> LabReportLines:
    """A report with its `Observation`s."""
    node, found = _report_of(talk, request)
    return LabReportLines(report=report(node), values=tuple(lab_value(one) for one in _observations(node, found)))


def exam_report(talk: Talk, request: ExamReport) -> ExamReportText:
    """A report with its finding (an `Observation`), its conclusion and its pictures."""
    node, found = _report_of(talk, request)
    observations = _observations(node, found)
    if not observations:
        raise Incomplete(f"{node.path}.result")
    doctor = next(node.nodes("resultsInterpreter"), None) or next(node.nodes("performer"), None)
    return ExamReportText(
        report=report(node),
        part=observations[0].within("bodySite", "text"),
        finding="\n".join(one.text("valueString") for one in observations),
        conclusion=node.text("conclusion"),
        doctor_name=doctor.optional("display") if doctor is not None else "",
        images=tuple(
            ReportImage(title=form.optional("title"), content_type=form.text("contentType"), content=form.text("data"))
            for form in node.nodes("presentedForm")
        ),
    )


def list_discharge_summaries(talk: Talk, request: ListDischargeSummaries) -> Reports:
    """`Composition` of the type 18842-5."""
    params = [
        _subject(request.his_patient_id),
        ("type", f"{systems.LOINC}|{DISCHARGE}"),
        ("date", f"ge{request.first_day}"),
        ("date", f"le{request.last_day}"),
    ]
    return Reports(reports=tuple(map(_summary, talk.search("Composition", params).matches)))


def discharge_summary(talk: Talk, request: DischargeSummary) -> DischargeSummaryText:
    """A summary with its four sections and the `Encounter` it is of."""
    params = [("_id", request.report_code), _subject(request.his_patient_id), ("_include", "Composition:encounter")]
    found = talk.search("Composition", params)
    if not found.matches:
        raise _absent()
    node = found.matches[0]
    stay = found.include("Encounter", node.reference("encounter", "Encounter"))
    if stay is None:
        raise Incomplete(f"{node.path}.encounter", "is not included in the answer")
    sections = {
        coding.optional("code"): section
        for section in node.nodes("section")
        if (coding := section.coding("code", systems.LOINC)) is not None
    }
    if missing := [code for code in _SECTIONS.values() if code not in sections]:
        raise Incomplete(f"{node.path}.section", f"has none with the LOINC code {missing[0]}")
    period = stay.node("period")
    author = next(node.nodes("author"), None)
    return DischargeSummaryText(
        report=_summary(node),
        stay_number=stay.id,
        department_name=stay.node("serviceType").text("text"),
        admitted_at=period.instant("start"),
        discharged_at=period.instant("end"),
        doctor_name=author.optional("display") if author is not None else "",
        **{name: sections[code].narrative() for name, code in _SECTIONS.items()},
    )


def report(node: Node) -> Report:
    """`DiagnosticReport`."""
    return Report(
        code=node.id,
        title=title_of(node),
        approved=node.code("status", APPROVED),
        reported_at=node.instant("issued"),
    )


def title_of(node: Node) -> str:
    """What a report is called: the words of its code, else the display of its first coding."""
    code = node.node("code")
    found = code.optional("text") or code.within("coding", "display") or code.within("coding", "code")
    if not found:
        raise Incomplete(f"{code.path}.text")
    return found


def _summary(node: Node) -> Report:
    return Report(
        code=node.id,
        title=node.text("title"),
        approved=node.code("status", _DOCUMENT_APPROVED),
        reported_at=node.instant("date"),
    )


def _stay(node: Node) -> Stay:
    places = [item.node("location") for item in node.nodes("location")]
    shown = {place.optional("type") or str(index): place.optional("display") for index, place in enumerate(places)}
    names = [*shown.values(), "", ""]
    doctor = next((item.maybe("individual") for item in node.nodes("participant")), None)
    period, account = node.node("period"), node.need_extension("account")
    return Stay(
        stay_number=node.id,
        department_name=node.node("serviceType").text("text"),
        ward=names[0],
        bed=names[1],
        doctor_name=doctor.optional("display") if doctor is not None else "",
        admitted_at=period.instant("start"),
        discharged_at=period.instant_or_none("end"),
        prepaid_fen=account.need_extension("prepaid").money("valueMoney"),
        spent_fen=account.need_extension("spent").money("valueMoney"),
        balance_fen=account.need_extension("balance").money("valueMoney"),
    )


def _reports(talk: Talk, request: ListLabReports | ListExamReports, category: str) -> Reports:
    params = [
        _subject(request.his_patient_id),
        ("category", f"{systems.SECTION_OF_REPORT}|{category}"),
        ("issued", f"ge{request.first_day}"),
        ("issued", f"le{request.last_day}"),
    ]
    return Reports(reports=tuple(map(report, talk.search("DiagnosticReport", params).matches)))


def _report_of(talk: Talk, request: LabReport | ExamReport) -> tuple[Node, Found]:
    """A report by its id and its patient: another patient's is not given."""
    params = [("_id", request.report_code), _subject(request.his_patient_id), ("_include", "DiagnosticReport:result")]
    found = talk.search("DiagnosticReport", params)
    if not found.matches:
        raise _absent()
    return found.matches[0], found


def _observations(node: Node, found: Found) -> list[Node]:
    observations = []
    for reference in node.nodes("result"):
        observation = found.include("Observation", reference.target("Observation"))
        if observation is None:
            raise Incomplete(reference.path, "is not included in the answer")
        observations.append(observation)
    return observations


def lab_value(node: Node) -> LabValue:
    value, unit = _measured(node)
    return LabValue(
        code=node.within("code", "coding", "code"),
        name=title_of(node),
        value=value,
        unit=unit,
        reference=node.within("referenceRange", "text"),
        flag=node.within("interpretation", "coding", "code"),
    )


def _measured(node: Node) -> tuple[str, str]:
    """The value of an `Observation` as it is printed, and its unit."""
    quantity = node.maybe("valueQuantity")
    if quantity is not None:
        number = f"{quantity.decimal('value'):f}"
        return f"{quantity.optional('comparator')}{number}", quantity.optional("unit") or quantity.optional("code")
    if node.has("valueCodeableConcept"):
        concept = node.node("valueCodeableConcept")
        return concept.optional("text") or concept.within("coding", "display"), ""
    if node.has("valueInteger"):
        return str(node.integer("valueInteger")), ""
    return node.text("valueString"), ""


def _absent() -> CallFailed:
    return CallFailed(Answer.rejected(Reason.NOT_FOUND, text="this patient has no such document"))


def _subject(patient: str) -> tuple[str, str]:
    return "subject", f"Patient/{patient}"

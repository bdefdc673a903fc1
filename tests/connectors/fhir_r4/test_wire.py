"""The adapter against a server that answers from a script: pages, versions, tokens, statements, refusals."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from institution_connectors import contracts as c
from institution_connectors.adapters.fhir_r4 import FhirR4Adapter
from institution_connectors.adapters.fhir_r4.mapping import systems
from institution_connectors.adapters.fhir_r4.outcomes import answer_of
from institution_connectors.adapters.fhir_r4.tokens import fresh_key
from institution_connectors.contracts import Outcome, Reason
from institution_connectors.exchange.rendering import masked
from tests.connectors.dialects import CASES
from tests.connectors.fhir_r4.test_document import EXAMPLES, STATEMENT
from tests.connectors.people import hub_number, somebody
from tests.connectors.test_interface_document import NOW
from tests.harness.outside import HOST

KEY = b"0123456789abcdef0123456789abcdef"
PROFILE = next(case.profile for case in CASES if case.code == "fhirpool")
SERVICE = {"resourceType": "HealthcareService", "id": "0301", "name": "内科"}


@dataclass
class Script:
    """What the server answers, in order, and what it heard."""

    address: str = ""
    statement: dict[str, Any] = field(default_factory=lambda: dict(STATEMENT))
    answers: list[tuple[int, Any]] = field(default_factory=list)
    heard: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)

    def adapter(self, **extra: str) -> FhirR4Adapter:
        """An adapter that asks this server."""
        options = replace(PROFILE.options, extra=extra)
        secret = fresh_key() if extra.get("auth") == "smart" else KEY
        return FhirR4Adapter(replace(PROFILE, endpoint=self.address, options=options), secret)

    def ask(self, request: c.Request, **extra: str) -> c.Answer:
        """One call."""
        call = c.Call(trace_id="t1", timeouts=c.Timeouts(connect=1, read=2), record=lambda _wire: None)
        adapter = self.adapter(**extra)
        try:
            return adapter.call(request, call)
        finally:
            adapter.close()


@pytest.fixture
def script() -> Iterator[Script]:
    """A server without a will of its own."""
    script = Script()

    class Server(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            if self.path == "/fhir/metadata":
                return self._answer(200, script.statement)
            script.heard.append((self.command, self.path, dict(self.headers), body))
            return self._answer(*script.answers.pop(0))

        do_GET = do_POST = do_PUT = _serve  # noqa: N815 - the server's names

        def _answer(self, status: int, document: Any) -> None:
            data = json.dumps(document).encode() if document is not None else b""
            self.send_response(status)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer((HOST, 0), Server)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    script.address = f"http://{HOST}:{server.server_port}/fhir"
    yield script
    server.shutdown()
    server.server_close()


def bundle(*resources: dict[str, Any], total: int, following: str = "") -> dict[str, Any]:
    """A page of a search."""
    links = [{"relation": "next", "url": following}] if following else []
    entries = [{"resource": resource, "search": {"mode": "match"}} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": total, "link": links, "entry": entries}


def service(number: int) -> dict[str, Any]:
    """A department."""
    return {**SERVICE, "id": f"{number:04d}"}


def test_pages_are_followed_to_the_end_and_lead_nowhere_else(script: Script) -> None:
    pages = [f"{script.address}?_getpages=1&_getpagesoffset=2", "HealthcareService?page=3"]
    script.answers = [
        (200, bundle(service(1), service(2), total=4, following=pages[0])),
        (200, bundle(service(3), total=4, following=pages[1])),
        (200, bundle(service(4), total=4)),
    ]
    found = script.ask(c.ListDepartments()).expect(c.Departments)
    assert ([row.code for row in found.departments], found.total) == (["0001", "0002", "0003", "0004"], 4)
    paths = [path for _, path, _, _ in script.heard]
    assert paths[1:] == ["/fhir?_getpages=1&_getpagesoffset=2", "/fhir/HealthcareService?page=3"]
    assert all(heads["Prefer"] == "handling=strict" for _, _, heads, _ in script.heard)

    for elsewhere in ("http://evil.example/fhir/x", f"{script.address}/../secret", f"{script.address}-two/x"):
        script.heard.clear()
        script.answers = [(200, bundle(service(1), total=2, following=elsewhere))]
        answer = script.ask(c.ListDepartments())
        assert answer.outcome is Outcome.UNKNOWN, elsewhere
        assert len(script.heard) == 1  # with our token in hand, nobody else is asked


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fhirVersion": "5.0.0"}, "fhirVersion is 5.0.0"),
        ({"rest": [{"mode": "server", "resource": [{"type": "Appointment"}]}]}, "Appointment create (conditional)"),
        ({"resourceType": "Bundle"}, "no CapabilityStatement"),
    ],
)
def test_what_the_statement_lacks_is_not_asked(script: Script, change: dict[str, Any], said: str) -> None:
    script.statement |= change
    answer = script.ask(_registration())
    assert (answer.outcome, answer.reason, answer.sent) == (Outcome.REJECTED, Reason.NOT_SUPPORTED, False)
    assert said in answer.text
    assert script.heard == []


def _registration() -> c.Register:
    patient = replace(somebody(), his_id="1000001")
    return c.Register(
        hub_number=hub_number(), schedule_code="S", number_code="N-1", sequence=1, starts=NOW, patient=patient,
        fee_fen=2000,
    )  # fmt: skip


def _appointment(number: str, *, slot: str = "N-1", patient: str = "1000001", status: str = "booked") -> dict[str, Any]:
    step = EXAMPLES["register"][0].answer
    identifier = systems.identifier(systems.REQUEST, number, "register")
    return {
        **step,
        "identifier": [identifier],
        "status": status,
        "slot": [{"reference": f"Slot/{slot}"}],
        "participant": [{"actor": {"reference": f"Patient/{patient}"}, "status": "accepted"}],
    }


def test_a_number_that_made_something_else_before_is_refused_and_a_merged_patient_is_not(script: Script) -> None:
    wish = _registration()
    script.answers = [(200, _appointment(wish.hub_number, slot="N-2"))]
    assert script.ask(wish).reason is Reason.NUMBER_REUSED
    merged = {
        "resourceType": "Patient",
        "id": "1000001",
        "link": [{"type": "replaced-by", "other": {"reference": "Patient/1000009"}}],
    }
    script.answers = [(200, _appointment(wish.hub_number, patient="1000009")), (200, merged)]
    assert script.ask(wish).expect(c.Registered).his_patient_id == "1000009"
    script.answers = [
        (200, _appointment(wish.hub_number, patient="1000008")),
        (200, {"resourceType": "Patient", "id": "1000001"}),
    ]
    assert script.ask(wish).reason is Reason.NUMBER_REUSED


@pytest.mark.parametrize("status", [500, 502, 504, 408, 418])
def test_a_status_that_does_not_say_not_done_is_unknown(script: Script, status: int) -> None:
    script.answers = [(status, {"resourceType": "OperationOutcome", "issue": []})]
    assert script.ask(_registration()).outcome is Outcome.UNKNOWN


def test_what_fails_before_the_write_was_certainly_not_done(script: Script) -> None:
    cancel = c.CancelRegistration(hub_number=hub_number(), registration_number=hub_number())
    for status, document in ((500, None), (200, {"resourceType": "Bundle", "type": "searchset"})):
        script.answers = [(status, document)]
        answer = script.ask(cancel)
        assert (answer.outcome, answer.reason, answer.sent) == (Outcome.REJECTED, Reason.UNREACHABLE, False)
    script.answers = [(200, bundle(_appointment("R00001"), total=1)), (500, None)]
    assert script.ask(cancel).outcome is Outcome.UNKNOWN


def test_a_version_that_is_gone_is_read_again_once_and_then_left(script: Script) -> None:
    cancel = c.CancelRegistration(hub_number=hub_number(), registration_number="R00001")
    known = _appointment("R00001")
    done = {**known, "status": "cancelled", "identifier": [systems.identifier(systems.REQUEST, cancel.hub_number)]}
    newer = {**known, "meta": {"versionId": "7"}}
    script.answers = [(200, bundle(known, total=1)), (412, None), (200, newer), (200, done)]
    assert script.ask(cancel).expect(c.Cancelled)
    assert script.heard[-1][2]["If-Match"] == 'W/"7"'
    script.answers = [(200, bundle(known, total=1)), (412, None), (200, newer), (412, None), (200, newer)]
    answer = script.ask(cancel)
    assert (answer.outcome, answer.reason) == (Outcome.REJECTED, Reason.BUSY)


def test_a_step_is_told_beside_what_others_wrote_and_believed_when_its_number_stays(script: Script) -> None:
    """Read again under a new version, others' extensions kept; a cancelled visit isn't raised; no answer is unknown."""
    told = c.TellVisit(
        hub_number=hub_number("V"),
        registration_number="R00001",
        his_number="G1",
        kind=c.VisitEventKind.VISIT_ENDED,
        occurred_at=NOW,
        place="3诊室",
    )
    known = {**_appointment("R00001", status="arrived"), "meta": {"versionId": "1"}}
    queue = systems.extension("queue", extension=[{"url": "ticket", "valueString": "01002"}])
    newer = {**known, "meta": {"versionId": "2"}, "extension": [queue, systems.extension("visit-step", extension=[])]}
    number = systems.identifier(systems.REQUEST, told.hub_number, "tell_visit")
    done = {**newer, "identifier": [*newer["identifier"], number]}
    script.answers = [(200, bundle(known, total=1)), (412, None), (200, newer), (200, done)]
    assert script.ask(told).expect(c.Done)
    _, _, heads, body = script.heard[-1]
    written = json.loads(body)
    assert (heads["If-Match"], written["status"]) == ('W/"2"', "fulfilled")
    [kept, step] = written["extension"]
    assert kept == queue
    parts = {part["url"]: next(value for name, value in part.items() if name != "url") for part in step["extension"]}
    assert parts == {"step": "visit_ended", "at": "2026-01-06T08:00:00+08:00", "place": "3诊室"}

    script.answers = [(200, bundle({**known, "status": "cancelled"}, total=1)), (200, done)]
    assert script.ask(told).expect(c.Done)
    assert json.loads(script.heard[-1][3])["status"] == "cancelled"  # what it is stays the hospital's word
    script.answers = [(200, bundle(known, total=1)), (200, newer)]
    assert script.ask(told).reason is Reason.INCOMPLETE  # the number was dropped: nobody could ask after it
    script.answers = [(200, bundle(known, total=1)), (504, None)]
    assert script.ask(told).outcome is Outcome.UNKNOWN
    script.answers = [(200, bundle(done, total=1))]
    assert script.ask(told).expect(c.Done)  # heard before: nothing is written again


def test_a_lock_that_changed_is_ours_ended_or_tried_once_more(script: Script) -> None:
    wish = replace(_registration(), lock_number="L00001", lock_code="A1/_history/1")
    script.answers = [(412, None), (200, _appointment(wish.hub_number))]
    assert script.ask(wish).expect(c.Registered)  # registered by us before, its answer was lost
    script.answers = [(412, None), (200, _appointment("R99999", status="cancelled"))]
    assert script.ask(wish).reason is Reason.LOCK_EXPIRED
    script.answers = [(412, None), (404, None)]
    assert script.ask(wish).reason is Reason.LOCK_EXPIRED
    pending = {**_appointment("L00001", status="pending"), "meta": {"versionId": "2"}, "identifier": []}
    script.answers = [(412, None), (200, pending), (200, _appointment(wish.hub_number))]
    assert script.ask(wish).expect(c.Registered)
    assert script.heard[-1][2]["If-Match"] == 'W/"2"'


def test_certificates_stay_out_of_addresses_and_of_what_is_kept_of_heads(script: Script) -> None:
    person = somebody()
    wires: list[c.Wire] = []
    script.answers = [(200, bundle(total=0)), (201, {"resourceType": "Patient", "id": "1", "identifier": []})]
    adapter = script.adapter()
    for request in (
        c.FindPatient(document_type="01", document_number=person.document_number),
        c.CreatePatient(hub_number=hub_number(), patient=person),
    ):
        adapter.call(request, c.Call(trace_id="t", timeouts=c.Timeouts(connect=1, read=2), record=wires.append))
    adapter.close()
    assert [path for _, path, _, _ in script.heard] == ["/fhir/Patient/_search", "/fhir/Patient"]
    assert person.document_number in script.heard[1][2]["If-None-Exist"]
    assert not any(person.document_number in str(wire.head) for wire in wires)
    assert not any("Bearer" in str(wire.head) for wire in wires)


def test_a_smart_token_is_asked_once_and_anew_when_it_is_refused(script: Script) -> None:
    extra = {"auth": "smart", "client_id": "hub", "token_url": f"{script.address}/auth/token"}
    granted = {"access_token": "T", "token_type": "bearer", "expires_in": 300}
    counted = bundle(total=3)
    script.answers = [
        (200, granted), (200, counted), (200, counted), (401, None), (200, {**granted, "access_token": "U"}),
        (200, counted),
    ]  # fmt: skip
    adapter, call = (
        script.adapter(**extra),
        c.Call(trace_id="t", timeouts=c.Timeouts(connect=1, read=2), record=lambda _: None),
    )
    for _ in range(3):
        adapter.call(c.Ping(), call)
    adapter.close()
    shown = [heads.get("Authorization") for _, _, heads, _ in script.heard]
    assert shown == [None, "Bearer T", "Bearer T", "Bearer T", None, "Bearer U"]
    script.answers = [(400, {"error": "invalid_client"})]
    answer = script.ask(_registration(), **extra)
    assert (answer.reason, answer.sent) == (Reason.NOT_AUTHORISED, False)
    assert "invalid_client" in answer.text


@pytest.mark.parametrize(
    ("status", "issue", "reason"),
    [
        (409, {"code": "conflict"}, Reason.NO_SOURCE),
        (422, {"code": "processing", "details": {"text": "该医生已停诊"}}, Reason.CLOSED),
        (422, {"code": "business-rule", "diagnostics": "超过预约次数限制"}, Reason.LIMIT_REACHED),
        (422, {"code": "invalid", "diagnostics": "?"}, Reason.REFUSED),
        (503, {"code": "transient"}, Reason.BUSY),
        (429, {"code": "throttled"}, Reason.BUSY),
        (403, {"code": "forbidden"}, Reason.NOT_AUTHORISED),
        (404, None, Reason.NOT_FOUND),
        (401, {"code": "expired"}, Reason.NOT_AUTHORISED),
        (409, {"code": "expired"}, Reason.LOCK_EXPIRED),
    ],
)
def test_refusals_are_read_from_codes_words_types_and_statuses(status: int, issue: Any, reason: Reason) -> None:
    document = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", **issue}]} if issue else None
    answer = answer_of(status, document, PROFILE.options)
    assert (answer.outcome, answer.reason) == (Outcome.REJECTED, reason)


def test_staff_see_structure_and_codes_but_no_person() -> None:
    asked, answered = EXAMPLES["create_patient"][0].body, json.dumps(EXAMPLES["find_patient"][0].answer)
    patient = json.loads(asked)
    secrets = [patient["name"][0]["text"], patient["identifier"][0]["value"], patient["telecom"][0]["value"]]
    for text in (asked, json.dumps(json.loads(answered), ensure_ascii=False), EXAMPLES["find_patient"][0].body):
        shown = masked(text)
        assert not any(secret in shown for secret in secrets), shown
    assert "request-number" in masked(asked)
    narrated = '{"text": {"status": "generated", "div": "<div>张小三，男</div>"}}'
    assert "张小三" not in masked(narrated)

"""The vendors' document says what the adapter sends and takes: every example is checked, and is true FHIR."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from fhir.resources.R4B import get_fhir_model_class

from institution_connectors import contracts as c
from institution_connectors.adapters.fhir_r4 import FhirR4Adapter, subscriptions
from institution_connectors.adapters.fhir_r4.mapping import systems
from institution_connectors.adapters.fhir_r4.mapping.operations import ROUTES
from institution_connectors.adapters.fhir_r4.outcomes import CODES, answer_of
from institution_connectors.adapters.fhir_r4.tokens import bearer_token
from tests.connectors.dialects import CASES
from tests.connectors.test_interface_document import KEY, PATIENT, PAYMENT, REFUND, REQUESTS, N
from tests.harness.outside import HOST

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs/interfaces/fhir_r4.md").read_text(encoding="utf-8")
PROFILE = next(case.profile for case in CASES if case.code == "fhirpool")
PUSHES = {kind: json.loads(text) for kind, text in re.findall(r"```json push (\w+)\n(.*?)```", DOCUMENT, re.S)}
STATEMENT = json.loads(re.findall(r"```json answer metadata 200\n(.*?)```", DOCUMENT, re.S)[0])
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Step:
    """One interaction of an example."""

    method: str
    path: str
    heads: dict[str, str]
    body: str
    status: int
    answer: Any


def _step(request: str, status: str, answer: str) -> Step:
    top, _, body = request.strip().partition("\n\n")
    first, *lines = top.split("\n")
    method, _, path = first.partition(" ")
    return Step(method, path, dict(line.split(": ", 1) for line in lines), body, int(status), json.loads(answer))


EXAMPLES: dict[str, list[Step]] = {}
for _name, _request, _status, _answer in re.findall(
    r"```http request (\S+)\n(.*?)```.*?```json answer \1 (\d+)\n(.*?)```", DOCUMENT, re.S
):
    EXAMPLES.setdefault(_name, []).append(_step(_request, _status, _answer))
_LOCKED = c.Register(
    hub_number=N, schedule_code="S", number_code="N", sequence=1, starts=PAYMENT.paid_at, patient=PATIENT, fee_fen=1,
    lock_number="L00001", lock_code="L261121000002/_history/1", payment=PAYMENT,
)  # fmt: skip


def _asked() -> Iterator[tuple[str, c.Request]]:
    for request in (request for request in REQUESTS if request.operation in ROUTES):
        match request:
            case c.BillDetail():
                yield str(request.operation), replace(request, bill_codes=("B00000001",))
            case c.CancelRegistration():
                yield str(request.operation), replace(request, his_number="G", reason="行程有变", refund=REFUND)
            case c.Register():
                yield str(request.operation), replace(request, payment=None)
            case _:
                yield str(request.operation), request
    yield "register_locked", _LOCKED


class Follower(BaseHTTPRequestHandler):
    """A server made of the document and nothing else; it stores the request numbers it is sent, as it is told to."""

    steps: list[Step]
    heard: list[Step]

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.path == "/fhir/metadata":
            self._answer(200, STATEMENT)
            return
        if self.headers["Authorization"] != f"Bearer {bearer_token(KEY, PROFILE.hospital)}":
            self._answer(401, {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "login"}]})
            return
        step = self.steps[len(self.heard)]
        shown = {name: self.headers[name] for name in ("If-None-Exist", "If-Match", "Prefer") if self.headers[name]}
        self.heard.append(Step(self.command, self.path.removeprefix("/fhir/"), shown, body, 0, None))
        answer = json.loads(json.dumps(step.answer))
        if self.headers["Content-Type"] == "application/fhir+json" and "identifier" in json.loads(body):
            answer["identifier"] = [*answer.get("identifier", []), *json.loads(body)["identifier"]]
        self._answer(step.status, answer)

    do_GET = do_POST = do_PUT = _serve  # noqa: N815 - the server's names

    def _answer(self, status: int, document: Any) -> None:
        data = json.dumps(document, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/fhir+json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def follower() -> Iterator[str]:
    """Where the server that follows the document answers."""
    server = ThreadingHTTPServer((HOST, 0), Follower)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{HOST}:{server.server_port}/fhir"
    server.shutdown()
    server.server_close()


def _shape(step: Step) -> tuple[Any, ...]:
    """What has to be alike: the interaction, the names of its parameters, conditions and elements."""
    path, _, query = step.path.partition("?")
    if step.body.startswith("{"):
        body: Any = {name for name in json.loads(step.body) if name not in {"telecom", "address", "extension"}}
    else:
        body = [name for name, _ in parse_qsl(step.body)]
    path = re.sub(r"/[^/$_][^/]*", "/<id>", path)
    return step.method, path, [name for name, _ in parse_qsl(query)], set(step.heads), body


@pytest.mark.requirement("JA-PAY-30")
@pytest.mark.parametrize(("name", "request_"), list(_asked()), ids=[name for name, _ in _asked()])
def test_a_server_that_follows_the_document_is_understood_in_every_call(
    name: str, request_: c.Request, follower: str
) -> None:
    Follower.steps, Follower.heard = EXAMPLES[name], []
    call = c.Call(trace_id="t1", timeouts=request_.operation.timeouts, record=lambda _wire: None)
    adapter = FhirR4Adapter(replace(PROFILE, endpoint=follower), KEY)
    stranger = FhirR4Adapter(replace(PROFILE, endpoint=follower), b"another key of thirty-two bytes!")
    try:
        answer = adapter.call(request_, call)
        assert answer.outcome is c.Outcome.ACCEPTED, (answer.reason, answer.text)
        assert [_shape(step) for step in Follower.heard] == [_shape(step) for step in EXAMPLES[name]]
        assert stranger.call(request_, call).reason is c.Reason.NOT_AUTHORISED
    finally:
        adapter.close()
        stranger.close()


def test_every_operation_of_the_adapter_is_in_the_document_and_no_other() -> None:
    named = set(re.findall(r"^### `(\w+)`", DOCUMENT, re.M)) - {"metadata"}
    assert named == {str(operation) for operation in ROUTES}
    assert set(EXAMPLES) == named | {"register_locked", "refused"}
    assert {request.operation for _, request in _asked()} == set(ROUTES)


def _documents() -> Iterator[tuple[str, Any]]:
    for name, steps in EXAMPLES.items():
        for index, step in enumerate(steps):
            if step.body.startswith("{"):
                yield f"{name}-{index}-asked", json.loads(step.body)
            yield f"{name}-{index}-answered", step.answer
    yield from PUSHES.items()
    yield "metadata", STATEMENT
    yield "subscription", json.loads(re.findall(r"```json subscription\n(.*?)```", DOCUMENT, re.S)[0])


def test_every_resource_of_the_document_is_true_fhir() -> None:
    for name, document in _documents():
        try:
            get_fhir_model_class(document["resourceType"]).model_validate(document)
        except ValueError as problem:
            pytest.fail(f"{name}: {problem}")


def test_what_the_document_pushes_is_taken() -> None:
    adapter = FhirR4Adapter(PROFILE, KEY)
    for kind, resource in PUSHES.items():
        taken = adapter.decode_inbound(json.dumps(resource).encode(), {"content-type": "application/fhir+json"})
        assert (taken.kind, taken.incarnation, len(taken.facts)) == (kind, "1", 1)
        assert len(taken.message_id) <= 64


def test_every_refusal_code_is_in_the_document_with_a_status_that_means_it() -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)` \| ([\d、]+) \| `([a-z-]+)`", DOCUMENT.split("## 6 ")[1].split("## 7 ")[0], re.M
    )
    assert {code for code, _, _ in rows} == set(CODES)
    for code, statuses, kind in rows:
        issue = {"severity": "error", "code": kind, "details": {"coding": [{"system": systems.REFUSAL, "code": code}]}}
        for status in statuses.split("、"):
            outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
            answer = answer_of(int(status), outcome, PROFILE.options)
            assert (answer.outcome, answer.reason) == (c.Outcome.REJECTED, CODES[code])


def test_names_criteria_and_the_worked_token_are_those_of_the_code() -> None:
    assert systems.BASE in DOCUMENT
    assert bearer_token(KEY, "jxyy") in DOCUMENT
    for criteria in subscriptions.CRITERIA:
        assert f"`{criteria.split('?')[0]}?" in unquote(DOCUMENT)

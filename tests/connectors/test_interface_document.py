"""The vendors' document says what the adapter sends and takes: every example in it is checked."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from institution_connectors import contracts as c
from institution_connectors.adapters.rest_json import RestJsonAdapter
from institution_connectors.adapters.rest_json.adapter import CODES
from institution_connectors.adapters.rest_json.client import access_token
from institution_connectors.adapters.rest_json.mapping import ROUTES, Row, Words
from institution_connectors.exchange import signing
from tests.connectors.dialects import CASES
from tests.connectors.people import hub_number, somebody
from tests.harness.outside import HOST

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs/interfaces/rest_json.md").read_text(encoding="utf-8")
KEY = b"0123456789abcdef0123456789abcdef"
PROFILE = CASES[0].profile
DAY, NOW = date(2026, 1, 6), datetime(2026, 1, 6, tzinfo=UTC)
PATIENT = replace(somebody(), his_id="1003243")
PAYMENT = c.Payment(order_number="P", amount_fen=1, channel="wechat", channel_number="4", paid_at=NOW)
REFUND = c.Refund(refund_number="R", order_number="P", amount_fen=1)
N = hub_number()
REQUESTS: tuple[c.Request, ...] = (
    c.Ping(),
    c.ListDepartments(),
    c.ListDoctors(),
    c.ListNumberClasses(),
    c.ListSchedules(first_day=DAY, last_day=DAY),
    c.ListNumbers(schedule_code="S"),
    c.ListStopped(first_day=DAY, last_day=DAY),
    c.FindPatient(document_type="01", document_number="1"),
    c.CreatePatient(hub_number=N, patient=PATIENT),
    c.UpdatePatient(hub_number=N, patient=PATIENT),
    c.QuoteFee(schedule_code="S", patient=PATIENT),
    c.LockNumber(hub_number=N, schedule_code="S", number_code="N", patient=PATIENT),
    c.UnlockNumber(hub_number=N, lock_number=N),
    c.Register(
        hub_number=N,
        schedule_code="S",
        number_code="N",
        sequence=1,
        starts=NOW,
        patient=PATIENT,
        fee_fen=1,
        payment=PAYMENT,
    ),
    c.PayRegistration(hub_number=N, registration_number=N, his_number="G", payment=PAYMENT),
    c.CheckIn(hub_number=N, registration_number=N, his_number="G"),
    c.TellVisit(
        hub_number=N,
        registration_number=N,
        his_number="G",
        kind=c.VisitEventKind.CALLED,
        occurred_at=NOW,
        place="3诊室",
    ),
    c.CancelRegistration(hub_number=N, registration_number=N, refund=REFUND),
    c.ListRegistrations(first_day=DAY, last_day=DAY),
    c.CheckOutcome(hub_number=N, asked=c.Operation.REGISTER),
    c.WaitingQueue(registration_number=N, his_number="G"),
    c.ListPendingBills(his_patient_id="1"),
    c.BillDetail(his_patient_id="1", bill_codes=("B",)),
    c.SettleBills(hub_number=N, his_patient_id="1", bill_codes=("B",), payment=PAYMENT),
    c.RefundBills(hub_number=N, settlement_number="J", refund=REFUND),
    c.DailyLedger(day=DAY),
    c.ListLabReports(his_patient_id="1", first_day=DAY, last_day=DAY),
    c.LabReport(his_patient_id="1", report_code="R"),
    c.ListVisitEvents(since=NOW),
    c.ListPaidBills(his_patient_id="1", first_day=DAY, last_day=DAY),
    c.PaidBillDetail(his_patient_id="1", settlement_number="J"),
    c.ListInvoices(his_patient_id="1", first_day=DAY, last_day=DAY),
    c.InpatientStay(his_patient_id="1"),
    c.PharmacyQueue(his_patient_id="1"),
    c.ListExamReports(his_patient_id="1", first_day=DAY, last_day=DAY),
    c.ExamReport(his_patient_id="1", report_code="E"),
    c.ListDischargeSummaries(his_patient_id="1", first_day=DAY, last_day=DAY),
    c.DischargeSummary(his_patient_id="1", report_code="D"),
)


def examples(kind: str) -> dict[str, Any]:
    """The examples of a kind by their name."""
    found = re.findall(rf"```json {kind} (\S+)\n(.*?)```", DOCUMENT, re.S)
    return {name: json.loads(text) for name, text in found}


def pushes() -> Iterator[tuple[str, dict[str, Any]]]:
    """The pushed messages of the document."""
    yield from examples("push").items()


class Follower(BaseHTTPRequestHandler):
    """A HIS made of the document and nothing else: it answers each address with the document's own words."""

    def do_POST(self) -> None:
        """One request."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = json.loads(json.dumps(examples("answer")[self.path.removeprefix("/his/")]))
        if "hub_no" in body and "hub_no" in (answer["data"] or {}):
            answer["data"]["hub_no"] = body["hub_no"]
        trusted = self.headers["access_token"] == access_token(KEY, PROFILE.hospital)
        data = json.dumps(answer if trusted else {"code": "1001", "message": "未授权"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("traceid", self.headers["traceid"])
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def follower() -> Iterator[str]:
    """Where the HIS that follows the document answers."""
    server = ThreadingHTTPServer((HOST, 0), Follower)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{HOST}:{server.server_port}/his"
    server.shutdown()
    server.server_close()


@pytest.mark.requirement("JA-PAY-30")
@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: str(request.operation))
def test_a_his_that_follows_the_document_is_understood_in_every_call(request_: c.Request, follower: str) -> None:
    adapter = RestJsonAdapter(replace(PROFILE, endpoint=follower), KEY)
    stranger = RestJsonAdapter(replace(PROFILE, endpoint=follower), b"another key of thirty-two bytes!")
    call = c.Call(trace_id="t1", timeouts=request_.operation.timeouts, record=lambda _wire: None)
    try:
        answer = adapter.call(request_, call)
        assert answer.outcome is c.Outcome.ACCEPTED, answer.text
        assert stranger.call(request_, call).reason is c.Reason.NOT_AUTHORISED
    finally:
        adapter.close()
        stranger.close()


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: str(request.operation))
def test_an_operation_is_described_as_it_is_sent(request_: c.Request) -> None:
    route = ROUTES[request_.operation]
    body = route.body(request_, Words(PROFILE, request_.operation))
    example = examples("request")[route.path]
    assert set(example) == set(body)
    assert {name: type(value) for name, value in example.items()} == {k: type(v) for k, v in body.items()}
    assert f"`{request_.operation}`" in DOCUMENT


@pytest.mark.parametrize("operation", ROUTES, ids=str)
def test_an_answer_in_the_document_is_taken(operation: c.Operation) -> None:
    route = ROUTES[operation]
    answer = examples("answer")[route.path]
    assert PROFILE.options.succeeded(operation, answer["code"])
    result = route.result(Row(answer["data"], Words(PROFILE, operation)))
    assert isinstance(result, c.Result)
    if operation.is_command:
        assert answer["data"]["hub_no"] == examples("request")[route.path]["hub_no"]
        assert c.HUB_NUMBER.match(answer["data"]["hub_no"])


def test_every_operation_of_the_adapter_is_in_the_document_and_no_other() -> None:
    assert set(examples("request")) == set(examples("answer")) == {route.path for route in ROUTES.values()}
    assert {request.operation for request in REQUESTS} == set(ROUTES)


@pytest.mark.parametrize(("kind", "message"), list(pushes()), ids=[kind for kind, _ in pushes()])
def test_a_message_in_the_document_is_taken(kind: str, message: dict[str, Any]) -> None:
    adapter = RestJsonAdapter(PROFILE, KEY)
    taken = adapter.decode_inbound(json.dumps(message).encode(), {"content-type": "application/json"})
    assert taken.kind == kind
    assert len(taken.facts) == 1


def test_every_code_is_in_the_document() -> None:
    codes = set(re.findall(r"^\| `(-?\d+)` \|", DOCUMENT.split("## 6")[1].split("## 7")[0], re.M))
    assert codes == {*CODES, "-1"}


def test_the_worked_signatures_are_right() -> None:
    [body] = re.findall(r"```json signed\n(.*?)\n```", DOCUMENT, re.S)
    [content] = re.findall(r"```text\n(.*?)\n```", DOCUMENT, re.S)
    _, path, timestamp, nonce, digest = content.split("\n")
    assert hashlib.sha256(body.encode()).hexdigest() == digest
    signed = signing.signature(KEY, path=path, timestamp=timestamp, nonce=nonce, body=body.encode())
    assert f"`sign: {signed}`" in DOCUMENT
    assert f"`{access_token(KEY, 'jxyy')}`" in DOCUMENT
    assert f"（{len(body.encode())} 字节" in DOCUMENT

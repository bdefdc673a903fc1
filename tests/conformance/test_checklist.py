"""The interface checklist against real systems of every dialect, from the page to the certificate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from django.test import Client

from hub.outbox.relay import drain
from hub.security.keyring import ring
from hub.security.roles import Role
from hub.tenancy.scope import hospital, region
from institution_connectors.catalog import selectors as catalog
from institution_connectors.catalog.models import Certificate
from institution_connectors.catalog.services import put_connector
from institution_connectors.conformance import selectors
from institution_connectors.conformance.models import StepState
from institution_connectors.conformance.selectors import RunView
from institution_connectors.contracts import Operation, Options
from institution_connectors.runtime import adapters, gate
from tests.booking.world import register_institution
from tests.connectors.conftest import ACTOR, ALPHA, BETA
from tests.connectors.dialects import CASES, Case
from tests.harness.outside import Board, Outside
from tests.portal.desks import desk_of, text_of

RESERVED = "0201"  # a department of the sandbox's community hospitals, used here as the one kept for the hub
BY_CODE = {case.code: case for case in CASES}


@dataclass(frozen=True)
class Candidate:
    """A hospital about to be checked."""

    code: str
    desk: Client
    board: Board

    def run(self) -> RunView:
        """The whole checklist, from the button on the page."""
        answer = self.desk.post("/workspace/conformance/begin")
        assert answer.status_code == 302, answer
        drain()
        return self.latest()

    def latest(self) -> RunView:
        """The newest run."""
        with hospital(self.code, read_only=True):
            return selectors.run(selectors.runs(limit=1)[0].id)


def connect(code: str, case: Case, world: Outside, **options: object) -> Board:
    """Lead a hospital's connector to one of the sandbox's systems."""
    gate.reset()
    ring().put_secret(f"connector.{case.code}", case.secret.encode())
    board = world.board(f"his-{case.code}")
    board.all_off()
    profile = replace(case.profile, hospital=code, options=replace(case.options, **options))  # type: ignore[arg-type]
    put_connector(actor=ACTOR, profile=profile)
    return board


@pytest.fixture
def candidate(alpha: str, outside: Outside) -> Iterator[Candidate]:
    """Alpha, speaking REST, with an engineer at his desk."""
    register_institution(alpha)
    board = connect(alpha, ALPHA, outside, reserved_department=RESERVED)
    yield Candidate(alpha, desk_of(Role.HOSPITAL_IT, hospital=alpha), board)
    board.all_off()
    adapters.close_all()


@pytest.mark.parametrize("name", ["soappool", "soaplock", "hlpool", "hllock", "fhirlock", "dbpool"])
def test_every_dialect_passes(name: str, candidate: Candidate, outside: Outside) -> None:
    connect(candidate.code, BY_CODE[name], outside, reserved_department=RESERVED)
    run = candidate.run()
    assert [(step.check.code, step.note) for step in run.steps if step.state is StepState.FAILED] == []
    assert run.passed
    assert {"clock", "schedules", "register", "race", "calls"} <= {
        step.check.code for step in run.steps if step.state is StepState.PASSED
    }


def test_a_system_that_owns_its_numbers_passes(candidate: Candidate, outside: Outside, beta: str) -> None:
    register_institution(beta, his_locked=True)
    board = connect(beta, BETA, outside, reserved_department=RESERVED)
    run = Candidate(beta, desk_of(Role.HOSPITAL_IT, hospital=beta), board).run()
    assert {step.check.code for step in run.steps if step.state is not StepState.PASSED} == set()


def test_from_the_button_to_the_certificate_and_the_capabilities(candidate: Candidate, client: Client) -> None:
    profile = catalog.profile(candidate.code)
    put_connector(
        actor=ACTOR, profile=replace(profile, capabilities=frozenset({Operation.PING, Operation.LIST_INVOICES}))
    )
    run = candidate.run()
    page = f"/workspace/conformance/{run.id}"
    shown = text_of(candidate.desk.get(page))
    assert run.passed
    assert "出具证书并启用能力" in shown
    assert "验收测试" not in shown, "messages are masked"
    assert "往来报文" in shown
    asked = candidate.desk.post(f"{page}/certificate").headers["Location"]
    assert "正在出具证书" in text_of(candidate.desk.get(asked)), "it looks by itself until the certificate is there"
    drain()
    number = candidate.latest().certificate
    assert number in text_of(candidate.desk.get(asked))
    after = catalog.profile(candidate.code).capabilities
    assert {Operation.REGISTER, Operation.LIST_SCHEDULES, Operation.LIST_INVOICES} <= after
    assert text_of(client.get(f"/desk/certificates/{number}")).count("签名有效，证书现行有效") == 1
    with region():
        Certificate.objects.filter(number=number).update(document='{"proven": [], "forged": 1}')
    assert "签名不符" in text_of(client.get(f"/desk/certificates/{number}"))
    operations = desk_of(Role.OPERATIONS)
    matrix = f"/district/institutions/{candidate.code}"
    assert "登记预约挂号" in text_of(operations.get(matrix))
    assert "告知叫号进展" in text_of(operations.get(matrix))
    [calls] = [step for step in run.steps if step.check.code == "calls"]
    assert "001" in shown, "what went out is seen"
    assert calls.state is StepState.PASSED
    assert Operation.TELL_VISIT in after

    candidate.board.switch("reject", "not_supported", only=["tell_visit"])
    again = candidate.run()
    [calls] = [step for step in again.steps if step.check.code == "calls"]
    assert (again.passed, calls.state) == (True, StepState.SKIPPED), "who calls by himself need not hear it"
    candidate.desk.post(f"/workspace/conformance/{again.id}/certificate")
    drain()
    assert Operation.TELL_VISIT not in catalog.profile(candidate.code).capabilities
    assert Operation.REGISTER in catalog.profile(candidate.code).capabilities


def test_a_wrong_system_fails_with_words_and_one_step_is_tried_again(candidate: Candidate) -> None:
    candidate.board.switch("clock_skew", 300)
    candidate.board.switch("partial_list", only=["list_departments"])
    candidate.board.switch("reject", "busy", only=["tell_visit"])
    run = candidate.run()
    notes = {step.check.code: step.note for step in run.steps if step.state is StepState.FAILED}
    assert "相差" in notes["clock"]
    assert "总数" in notes["directory"]
    assert "告知叫号" in notes["calls"]
    assert not run.passed
    assert candidate.desk.post(f"/workspace/conformance/{run.id}/certificate").status_code == 302
    drain()
    assert candidate.latest().certificate == ""
    candidate.board.all_off()
    for code in notes:
        candidate.desk.post(f"/workspace/conformance/{run.id}/steps/{code}")
        drain()
    again = candidate.latest()
    assert again.passed
    assert {step.check.code: step.attempts for step in again.steps}["clock"] == 2


def test_a_live_hospital_without_a_reserved_department_is_only_read(candidate: Candidate, outside: Outside) -> None:
    connect(candidate.code, ALPHA, outside)
    assert catalog.profile(candidate.code).options == Options()
    run = candidate.run()
    assert {step.check.code for step in run.steps if step.state is StepState.SKIPPED} >= {"register", "lock", "archive"}
    assert Operation.REGISTER not in run.proven


def test_strangers_and_other_roles_are_refused(candidate: Candidate, beta: str) -> None:
    run = candidate.run()
    stranger = desk_of(Role.HOSPITAL_IT, hospital=beta)
    assert stranger.get(f"/workspace/conformance/{run.id}").status_code == 404
    assert stranger.post(f"/workspace/conformance/{run.id}/steps/clock").status_code in {302, 404}
    manager = desk_of(Role.HOSPITAL_MANAGER, hospital=candidate.code)
    assert manager.get("/workspace/conformance").status_code == 200
    assert manager.post("/workspace/conformance/begin").status_code == 403
    desk = desk_of(Role.RECEPTION, hospital=candidate.code)
    assert desk.get("/workspace/conformance").status_code == 403
    assert candidate.desk.get(f"/workspace/conformance/{UUID(int=1)}").status_code == 404

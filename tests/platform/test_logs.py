"""Log lines carry request, hospital and actor, and no personal data whatever a caller passes."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import path

from hub.observability import context, logs
from hub.observability.middleware import RequestContextMiddleware
from hub.tenancy.context import Scope, entered

NAME, PHONE, DOCUMENT = "王小明", "13812345678", "310101199001011234"
CANARIES = (NAME, PHONE, DOCUMENT)


class Lines:
    """What was written."""

    def __init__(self, stream: io.StringIO) -> None:
        self.stream = stream

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def all(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def last(self) -> dict[str, Any]:
        return self.all()[-1]


@pytest.fixture
def lines() -> Iterator[Lines]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield Lines(stream)
    root.removeHandler(handler)
    root.setLevel(level)


log = logging.getLogger("tests.platform")


@pytest.mark.control("MLPS/27")
@pytest.mark.parametrize("canary", CANARIES)
def test_no_way_of_logging_lets_a_canary_through(lines: Lines, canary: str) -> None:
    log.info("booked by %s", canary)
    log.info("booked by %(name)s", {"name": canary})
    log.info("booked by %s", {"patient": canary})
    log.info("booked by %s", [canary])
    log.info("extra", extra={"reason": canary, "patient": canary, "code": f"x.{canary}"})
    try:
        int(canary + "x")  # its text quotes the value
    except ValueError:
        log.exception("failed", extra={"reason": canary})
    assert canary not in lines.text
    assert canary not in json.dumps(lines.all(), ensure_ascii=False)
    assert sum(line["logger"] == log.name for line in lines.all()) == 6  # others of this process may write too


def test_a_number_as_large_as_a_phone_is_hidden_too(lines: Lines) -> None:
    log.info("called %s and %d", int(PHONE), 42)
    assert lines.last()["message"] == "called […] and 42"


def test_ids_numbers_and_codes_stay_readable(lines: Lines) -> None:
    booking: UUID = uuid4()
    log.warning("booking %s took %.1f ms", booking, 12.34, extra={"code": "booking.held", "exchange_id": booking})
    line = lines.last()
    assert line["message"] == f"booking {booking} took 12.3 ms"
    assert (line["code"], line["exchange_id"], line["level"]) == ("booking.held", str(booking), "warning")


def test_a_failure_keeps_its_name_and_loses_its_text(lines: Lines) -> None:
    log.info("delivery failed", extra={"failure": f"NotFound: hub.not_found: 没有找到{NAME}"})
    assert lines.last()["failure"] == "NotFound: hub.not_found: […]"


def test_an_exception_keeps_type_code_and_frames_only(lines: Lines) -> None:
    try:
        raise psycopg.errors.UniqueViolation(f"Key (phone)=({PHONE}) already exists")
    except psycopg.Error:
        log.exception("insert failed")
    failure = lines.last()["exception"]
    assert failure["type"] == "psycopg.errors.UniqueViolation"
    assert failure["code"] == "23505"
    assert "test_logs.py" in failure["frames"][-1]
    assert PHONE not in lines.text


@pytest.mark.control("8.1.3.5/53")
def test_a_line_names_request_hospital_and_actor(lines: Lines) -> None:
    actor = str(uuid4())
    with context.bound(request_id="req-12345678", hospital="renmin", actor_id=actor):
        log.info("inside")
    log.info("outside")
    inside, outside = lines.all()
    assert (inside["request_id"], inside["hospital"], inside["actor_id"]) == ("req-12345678", "renmin", actor)
    assert not {"request_id", "hospital", "actor_id"} & set(outside)


def test_an_open_scope_names_its_hospital(lines: Lines) -> None:
    with entered(Scope(hospital="alpha", read_only=True)):
        log.info("inside")
    assert lines.last()["hospital"] == "alpha"


def _explode(_request: HttpRequest, **_: str) -> HttpResponse:
    raise RuntimeError(f"could not save {NAME} {PHONE}")


urlpatterns = [path("explode/<str:who>", _explode)]


@pytest.mark.control("MLPS/27")
@override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=["hub.observability.middleware.RequestContextMiddleware"])
def test_a_crashing_request_logs_its_route_and_none_of_its_data(lines: Lines) -> None:
    client = Client(raise_request_exception=False)
    answer = client.post(
        f"/explode/{NAME}?phone={PHONE}",
        data={"document": DOCUMENT},
        headers={"X-Patient": DOCUMENT, "User-Agent": NAME.encode().decode("latin-1")},
    )
    assert answer.status_code == 500
    for canary in CANARIES:
        assert canary not in lines.text
        assert canary not in json.dumps(lines.all(), ensure_ascii=False)
    access = next(line for line in lines.all() if line["logger"] == "hub.access")
    assert (access["method"], access["route"], access["status"]) == ("POST", "explode/<str:who>", 500)
    assert access["request_id"] == answer.headers["X-Request-ID"]
    assert any(line.get("exception", {}).get("type") == "builtins.RuntimeError" for line in lines.all())


@pytest.mark.parametrize(
    ("offered", "kept"), [("trace-0001", True), ("short", False), ("x" * 65, False), ("a b" * 5, False)]
)
def test_a_well_formed_request_id_of_the_caller_is_kept(offered: str, kept: bool) -> None:
    middleware = RequestContextMiddleware(lambda _: HttpResponse())
    answer = middleware(RequestFactory().get("/", headers={"X-Request-ID": offered}))
    assert (answer.headers["X-Request-ID"] == offered) is kept

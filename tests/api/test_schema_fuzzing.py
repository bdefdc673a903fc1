"""The whole OpenAPI document against the real WSGI application, signed in: generated requests, good and bad.

Nothing may answer with a server error, and every answer has to look as the document says. `make test` draws a few
requests for each operation, `make test-full` 60; `HUB_FUZZ_EXAMPLES` says another number.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pytest_django.plugin import DjangoDbBlocker
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hub.accounts.outside import SMS_SECRET
from hub.api import throttling
from hub.security.keyring import ring
from hub.wsgi import application
from tests.harness import databases
from tests.security.matrix import examples
from tests.security.matrix.examples import World

EXAMPLES = int(os.environ.get("HUB_FUZZ_EXAMPLES", "12"))
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


@pytest.fixture(scope="module")
def district(template_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """A small district; what the fuzzer does to it is its own affair."""
    with django_db_blocker.unblock():
        databases.renew(template_database)
        ring().ensure_secret(SMS_SECRET)
        yield examples.build(databases.ALPHA, databases.BETA)


@pytest.fixture(scope="module")
def schema(district: World) -> Any:
    return schemathesis.openapi.from_wsgi("/api/schema.json", application)


def operations() -> list[tuple[str, str]]:
    """(method, path) of every operation of the document."""
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]  # type: ignore[no-untyped-call]
    return [(method, path) for path, item in paths.items() for method in item if method != "parameters"]


@pytest.mark.control("CES1-20/32")
@pytest.mark.parametrize(("method", "path"), operations())
def test_an_operation_survives_what_is_thrown_at_it(
    schema: Any, district: World, monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    for scope in throttling.RATES:
        monkeypatch.setitem(throttling.RATES, scope, throttling.Rate(per_minute=10**6, burst=10**6))
    operation = schema[path][method.upper()]
    token = examples.resident_token(district.owner)
    known = _known(district, path)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=st.one_of(
            operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
        ),
        real=st.booleans(),
    )
    def throw(case: Any, real: bool) -> None:
        if real:  # a thing there is, or the interesting part is never reached
            case.path_parameters = {**(case.path_parameters or {}), **known}
        case.call_and_validate(checks=CHECKS, headers={"Authorization": f"Bearer {token}"})

    throw()


def _known(district: World, path: str) -> dict[str, str]:
    objects = examples.Objects(district)
    names = tuple(part[1:-1] for part in path.split("/") if part.startswith("{"))
    return objects.of(path.lstrip("/"), "api", names)

"""Hosts and paths are routed from memory."""

from __future__ import annotations

import pytest
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from hub.tenancy import registry
from hub.tenancy.context import host_hospital
from hub.tenancy.converters import HospitalConverter
from hub.tenancy.errors import UnknownHospital
from hub.tenancy.middleware import HospitalHostMiddleware
from hub.tenancy.models import Tenant, TenantState
from hub.tenancy.provision import create_hospital
from hub.tenancy.scope import region
from regional_services.catalog.models import CatalogMark
from tests.tenancy.support import add_marks

NOT_FOUND = (404, None)


def _routed(host: str) -> tuple[object, str | None]:
    """The request's hospital and the one the code inside sees; NOT_FOUND when it doesn't get there."""
    seen: list[str | None] = []

    def view(_request: HttpRequest) -> HttpResponse:
        seen.append(host_hospital())
        return HttpResponse()

    request = RequestFactory(SERVER_NAME=host).get("/")
    response = HospitalHostMiddleware(view)(request)
    return (request.hospital, seen[0]) if seen else (response.status_code, None)  # type: ignore[attr-defined]


def test_a_hospitals_host_leads_to_it_and_the_hubs_host_to_none(alpha: str) -> None:
    """And nothing of it is left after the request."""
    assert _routed("alpha.localhost") == (alpha, alpha)
    assert _routed("ALPHA.localhost:8000") == (alpha, alpha)
    assert _routed("localhost") == (None, None)
    assert host_hospital() is None


def test_an_unknown_host_is_not_found(alpha: str) -> None:
    """Through the whole stack too."""
    assert _routed("gamma.localhost") == NOT_FOUND
    assert Client(SERVER_NAME="gamma.localhost").get("/").status_code == 404


def test_a_hospitals_own_domain_leads_to_it(alpha: str, settings: object) -> None:
    """Once it is listed as allowed."""
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "hospital.example", "probe.example"]  # type: ignore[attr-defined]
    create_hospital(alpha, hosts=["hospital.example"])
    assert _routed("hospital.example") == (alpha, alpha)
    assert _routed("probe.example") == (None, None)


def test_routing_asks_the_database_nothing_when_warm(alpha: str, beta: str) -> None:
    """Host, path, known and unknown alike."""
    registry.tenant(alpha)
    with CaptureQueriesContext(connections["default"]) as queries:
        for host in ("alpha.localhost", "beta.localhost", "localhost"):
            _routed(host)
        assert _routed("gamma.localhost") == NOT_FOUND
        assert HospitalConverter().to_python(beta) == beta
        with pytest.raises(ValueError):
            HospitalConverter().to_python("gamma")
        assert registry.live_hospitals() == [alpha, beta]
    assert len(queries) == 0


def test_other_processes_hear_of_a_change(alpha: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version in Redis moved: the snapshot is read anew, though this process did not make the change."""
    monkeypatch.setattr(registry, "FRESH_SECONDS", 0.0)
    assert registry.tenant(alpha).state == TenantState.LIVE
    with region():
        Tenant.objects.filter(code=alpha).update(state=TenantState.SUSPENDED)
    assert registry.tenant(alpha).state == TenantState.LIVE
    registry._client().incr(registry._version_key())
    assert registry.tenant(alpha).state == TenantState.SUSPENDED
    assert alpha not in registry.live_hospitals()


def test_without_redis_the_registry_still_answers(alpha: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From memory, and from the database when cold."""
    monkeypatch.setattr(registry, "_version", lambda: None)
    monkeypatch.setattr(registry, "FRESH_SECONDS", 0.0)
    registry.forget()
    assert registry.tenant(alpha).code == alpha
    with CaptureQueriesContext(connections["default"]) as queries:
        assert registry.tenant(alpha).code == alpha
    assert len(queries) == 0


def test_a_hospital_that_left_is_unknown(alpha: str) -> None:
    """Its host too."""
    with region():
        Tenant.objects.filter(code=alpha).update(state=TenantState.LEFT)
    registry.invalidate()
    with pytest.raises(UnknownHospital):
        registry.tenant(alpha)
    assert _routed("alpha.localhost") == NOT_FOUND


def test_a_view_on_a_hospitals_host_sees_its_rows_only(alpha: str, beta: str) -> None:
    """Row-level security follows the host without the view's doing."""
    add_marks(alpha, beta, beta)

    def view(_request: HttpRequest) -> HttpResponse:
        with region():
            return HttpResponse(str(CatalogMark.objects.count()))

    middleware = HospitalHostMiddleware(view)
    answers = [
        middleware(RequestFactory(SERVER_NAME=host).get("/")).content  # type: ignore[attr-defined]
        for host in ("alpha.localhost", "beta.localhost", "localhost")
    ]
    assert answers == [b"1", b"2", b"3"]

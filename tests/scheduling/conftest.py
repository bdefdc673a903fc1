"""Hospitals connected to real counterparts: alpha's HIS pushes, beta's is polled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from hub.actor import system_actor
from hub.security.keyring import ring
from institution_connectors.catalog import services as connectors
from institution_connectors.contracts import BookingMode, ConnectorProfile, Options
from institution_connectors.runtime import adapters, gate
from institution_connectors.runtime.adapters import OPERATIONS
from tenants.directory.services import ask_for_directory
from tenants.registry.models import Institution
from tenants.registry.seeding import institutions
from tenants.registry.selectors import forget
from tests.harness.live import serving
from tests.harness.outside import HOST, Board, Outside, free_port

SECRET = "a-secret-of-at-least-thirty-two-characters"


@dataclass(frozen=True, slots=True)
class Counterparts:
    """The HIS of both hospitals, told by their boards."""

    pushing: Board
    polled: Board


@pytest.fixture
def his(alpha: str, beta: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counterparts]:
    """Both hospitals in the registry with a connector, a running sandbox, and the hub on a port for its pushes."""
    ports = {alpha: free_port(), beta: free_port()}
    hub_port = free_port()
    entries = [
        {
            "code": code, "name": code, "dialect": "rest_json", "port": port, "mode": "hub_pool", "secret": SECRET,
            "kind": "dental", "doctors": 2, "days": 2, "options": {"push": code == alpha},
        }
        for code, port in ports.items()
    ]  # fmt: skip
    _register(alpha, beta)
    for code, port in ports.items():
        ring().put_secret(f"his.{code}", SECRET.encode())
        connectors.put_connector(actor=system_actor("test"), profile=_profile(code, port, polled=code == beta))
    gate.reset()
    with serving(HOST, hub_port) as address:
        outside = Outside(tmp_path_factory.mktemp("his"), hospitals=entries, hub_url=address)
        for code in ports:
            ask_for_directory(code)
        yield Counterparts(outside.board(f"his-{alpha}"), outside.board(f"his-{beta}"))
        outside.stop()
    adapters.close_all()


def _register(*codes: str) -> None:
    institutions.store(actor=system_actor("test"))
    sample = Institution.objects.all()[: len(codes)]
    for code, row in zip(codes, sample, strict=True):
        row.pk, row.code = code, code
        row.save(force_insert=True)
    forget()


def _profile(code: str, port: int, *, polled: bool) -> ConnectorProfile:
    return ConnectorProfile(
        hospital=code,
        dialect="rest_json",
        endpoint=f"http://{HOST}:{port}/his",
        mode=BookingMode.HUB_POOL,
        secret_ref=f"his.{code}",
        capabilities=OPERATIONS["rest_json"],
        options=Options(polled=polled),
    )

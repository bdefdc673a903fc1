"""Hospitals of the sandbox, and hospitals of the hub connected to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from hub.actor import system_actor
from hub.security.keyring import ring
from institution_connectors.catalog import services as catalog
from institution_connectors.contracts import BookingMode, ConnectorProfile
from institution_connectors.exchange import polling
from institution_connectors.exchange.models import Probe
from institution_connectors.runtime import adapters, gate
from tests.connectors.dialects import CASES, REST, SECRET, Case
from tests.harness.outside import Board, Outside

ACTOR = system_actor("tests")
ALPHA = Case(code="alpha", dialect="rest_json", endpoint=REST, his={"push": False})
BETA = Case(code="beta", dialect="rest_json", endpoint=REST, mode=BookingMode.HIS_LOCKED, his={"push": False})


@pytest.fixture(scope="package")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """The sandbox with a hospital of every case, and those of the hub's alpha and beta.

    Its ports are the cases' own: two of it, of two packages that use it, can't run at once in one process.
    """
    world = Outside(
        tmp_path_factory.mktemp("outside"),
        hospitals=[case.entry for case in (*CASES, ALPHA, BETA) if not case.why_not],
        hub_url="http://127.0.0.1:9",
    )
    yield world
    world.stop()


@dataclass(frozen=True, slots=True)
class Connected:
    """A hospital of the hub with its connector, and its counterpart's switches."""

    code: str
    profile: ConnectorProfile
    board: Board

    def change(self, profile: ConnectorProfile) -> Connected:
        """The same hospital under another profile."""
        return Connected(self.code, catalog.put_connector(actor=ACTOR, profile=profile), self.board)

    def registrations(self, number: str) -> list[dict[str, Any]]:
        """What the hospital has under a hub number, by its own books."""
        rows: list[dict[str, Any]] = self.board.act("registrations", hub_number=number)["registrations"]
        return rows

    def probe(self) -> Probe:
        """A look at the hospital."""
        return polling.probe(self.code)


@pytest.fixture
def alpha_his(alpha: str, outside: Outside) -> Iterator[Connected]:
    """Alpha, which sells a released pool, connected to its HIS."""
    yield from _connected(ALPHA, outside)


@pytest.fixture
def beta_his(beta: str, outside: Outside) -> Iterator[Connected]:
    """Beta, which is locked first, connected to its HIS."""
    yield from _connected(BETA, outside)


def _connected(case: Case, outside: Outside) -> Iterator[Connected]:
    gate.reset()
    ring().put_secret(f"connector.{case.code}", SECRET.encode())
    board = outside.board(f"his-{case.code}")
    board.all_off()
    profile = catalog.put_connector(actor=ACTOR, profile=case.profile)
    yield Connected(case.code, profile, board)
    board.all_off()
    adapters.close_all()

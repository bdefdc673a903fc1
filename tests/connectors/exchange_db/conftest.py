"""An exchange database without a job: the test is the hospital, and may do what a bad one does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from institution_connectors.adapters.exchange_db import ExchangeDbAdapter
from institution_connectors.contracts import Answer, Call, ConnectorProfile, Options, Request, Timeouts, Wire
from sandbox.his.exchange_db.database import Database
from tests.connectors.dialects import SECRET, exchange_case
from tests.harness import exchange, mariadb

CODE = "hand"
TABLES = ("hub_request", "hub_answer", "hub_answer_fee", "hub_event", "hub_batch", "t_hub_department", "t_hub_clock")


@dataclass
class Hand:
    """The hospital's side, done by hand; `ask` is the hub's."""

    kind: str
    database: Database
    profile: ConnectorProfile
    adapter: ExchangeDbAdapter
    wires: list[Wire]

    @property
    def account(self) -> str:
        """The hub's account here."""
        return exchange.account(CODE)

    def ask(self, request: Request, *, seconds: float = 0.5) -> Answer:
        """One call of the hub's."""
        timeouts = Timeouts(connect=2, read=seconds)
        return self.adapter.call(request, Call(trace_id="t1", timeouts=timeouts, record=self.wires.append))

    def speaking(self, options: Options) -> ExchangeDbAdapter:
        """Another connector to the same database."""
        return ExchangeDbAdapter(replace(self.profile, options=options), SECRET.encode())

    def run(self, sql: str, *values: object) -> list[Sequence[Any]]:
        """A statement of the hospital's in a transaction of its own."""
        with self.database.work() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall()) if cursor.description else []


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def made(request: pytest.FixtureRequest) -> Iterator[Hand]:
    """The database as the published script makes it, on both servers."""
    if request.param == "mariadb" and not mariadb.program():
        pytest.skip(mariadb.WHY_NOT)
    place = exchange.place(CODE, request.param)
    database = Database(place["url"], schema=place["schema"], account=place["account"], password=SECRET)
    database.open()
    server = urlsplit(place["url"])
    case = exchange_case(CODE, request.param)
    profile = replace(case.profile, endpoint=case.endpoint.format(host=server.hostname, port=server.port))
    adapter = ExchangeDbAdapter(profile, SECRET.encode())
    yield Hand(request.param, database, profile, adapter, [])
    adapter.close()
    database.close()


@pytest.fixture
def hand(made: Hand) -> Hand:
    """The same, with nothing in it."""
    for table in TABLES:
        made.run(f"DELETE FROM {table}")
    made.run("INSERT INTO t_hub_clock (job_time) VALUES (NULL)")
    made.wires.clear()
    return made

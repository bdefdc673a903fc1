"""Connections to one hospital's exchange database, and an honest account of what failed."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine.interfaces import DBAPIConnection

from institution_connectors.adapters.exchange_db.databases import POSTGRESQL, STATEMENT_SECONDS, address
from institution_connectors.adapters.exchange_db.errors import CallFailed
from institution_connectors.contracts import Answer, ConnectorProfile, Operation, Reason

RECYCLE_SECONDS = 600
AT_ONCE = 1.0  # a dead connection says so at once; a line that fell silent is not tried twice
PATIENCE = 5.0  # beyond the statement's own limit: only a silent network needs it
_VALUE = re.compile(r"(value: |syntax for type \w+: )(['\"]).*?\2")
T = TypeVar("T")


class ExchangeClient:
    """A pool of connections, as many as the hospital allows us calls at a time; thread-safe."""

    def __init__(self, profile: ConnectorProfile, secret: bytes) -> None:
        self.database, url, schema = address(profile.endpoint, secret.decode())
        timeouts = Operation.REGISTER.timeouts
        self._engine = sa.create_engine(
            url,
            pool_size=profile.limits.in_flight,
            max_overflow=0,
            pool_timeout=timeouts.connect,
            pool_recycle=RECYCLE_SECONDS,
            pool_use_lifo=True,
            pool_reset_on_return="rollback",
            skip_autocommit_rollback=True,
            connect_args=self.database.connect_args(connect=timeouts.connect, read=STATEMENT_SECONDS + PATIENCE),
            execution_options={"schema_translate_map": {None: schema or None}},
        )
        if self.database.session:
            sa.event.listen(self._engine, "connect", self._set_up)

    def reads(self, work: Callable[[sa.Connection], T], *, seconds: float) -> T:
        """`work` on a connection that is in no transaction; once more when a kept connection turns out to be dead.

        Raises `CallFailed`: nothing can have been changed by it.
        """
        began = time.monotonic()
        try:
            return self._read(work, seconds)
        except exc.DBAPIError as problem:
            if not problem.connection_invalidated or time.monotonic() - began > AT_ONCE:
                raise self._failed(problem) from problem
        try:
            return self._read(work, seconds)
        except exc.DBAPIError as problem:
            raise self._failed(problem) from problem

    @contextmanager
    def connection(self, *, seconds: float) -> Iterator[sa.Connection]:
        """A connection for asking and waiting; errors are the caller's to judge. Raises `CallFailed` if there is none.

        At most `seconds` after the beginning it is cut off, so that a half-open line holds nobody (F7).
        """
        with self._checked_out() as connection, self._cut_off(connection, seconds):
            yield connection

    def failed(self, problem: exc.DBAPIError, *, sent: bool) -> CallFailed:
        """What an error means, given whether something may have been stored before it."""
        reason = self.database.reason(problem)
        text = _short(problem)
        if not sent:
            return CallFailed(Answer.rejected(_NOTHING_SENT.get(reason, Reason.UNREACHABLE), text=text, sent=False))
        known = {Reason.TIME_OUT: Reason.TIME_OUT, Reason.UNREADABLE: Reason.UNREADABLE}
        return CallFailed(Answer.unknown(known.get(reason or Reason.NONE, Reason.CONNECTION_LOST), text=text))

    def close(self) -> None:
        """Close the kept connections."""
        self._engine.dispose()

    def _read(self, work: Callable[[sa.Connection], T], seconds: float) -> T:
        with self.connection(seconds=seconds) as connection:
            return work(connection.execution_options(isolation_level="AUTOCOMMIT"))

    def _failed(self, problem: exc.DBAPIError) -> CallFailed:
        """Of a read: refused for good, or to be asked again."""
        reason = self.database.reason(problem)
        if reason is Reason.NOT_AUTHORISED:
            return CallFailed(Answer.rejected(reason, text=_short(problem)))
        return self.failed(problem, sent=True)

    @contextmanager
    def _checked_out(self) -> Iterator[sa.Connection]:
        try:
            connection = self._engine.connect()
        except exc.TimeoutError as problem:
            busy = Answer.rejected(Reason.BUSY, text="all connections of this hospital are taken", sent=False)
            raise CallFailed(busy) from problem
        except exc.DBAPIError as problem:
            raise self.failed(problem, sent=False) from problem
        with connection:
            yield connection

    @contextmanager
    def _cut_off(self, connection: sa.Connection, seconds: float) -> Iterator[None]:
        """libpq waits for an answer without end; the other drivers know read time-outs of their own."""
        if self.database is not POSTGRESQL:
            yield
            return
        driver: Any = connection.connection.dbapi_connection
        line = socket.socket(fileno=os.dup(driver.fileno()))
        timer = threading.Timer(seconds, _shut, (line,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            line.close()

    def _set_up(self, connection: DBAPIConnection, _record: object) -> None:
        cursor = connection.cursor()
        for statement in self.database.session:
            cursor.execute(statement)
        cursor.close()
        connection.commit()


_NOTHING_SENT: dict[Reason | None, Reason] = {
    Reason.NOT_AUTHORISED: Reason.NOT_AUTHORISED,
    Reason.NOT_CARRIED: Reason.NOT_CARRIED,
    Reason.TIME_OUT: Reason.BUSY,
    Reason.UNREADABLE: Reason.REFUSED,
}


def _shut(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _short(problem: exc.DBAPIError) -> str:
    """The database's words without our statement and its values, which are a patient's."""
    first = _VALUE.sub(r"\1…", str(problem.orig).strip().split("\n", 1)[0])
    return f"{type(problem.orig).__name__}: {first}"[:300]

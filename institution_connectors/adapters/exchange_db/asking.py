"""Asking by the request table: insert, wait for the answer, and know what may have happened when there is none.

Our number and the count of handings-in are the table's key, so that two of us can't hand the same in. Until the commit
was sent nothing can have been done; from then on only the row itself, or the hospital's books, say what was.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from institution_connectors.adapters.exchange_db.client import PATIENCE, ExchangeClient
from institution_connectors.adapters.exchange_db.errors import CallFailed, Unreadable
from institution_connectors.adapters.exchange_db.mapping import Answered, Row, Words, digest
from institution_connectors.adapters.exchange_db.reading import keep, shown
from institution_connectors.adapters.exchange_db.tables import ANSWER, FEE, PATIENT, REQUEST
from institution_connectors.contracts import Answer, Call, Direction, Reason

NEW, TAKEN, DONE, REFUSED, WITHDRAWN = "0", "1", "2", "3", "9"
SPARE_SECONDS = 2  # the job may still take a request this long after the hub has stopped waiting and could not say so
_LOOKS = (0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3)
_OPEN = (NEW, TAKEN)
_NOT_COMPARED = frozenset({"answered_at"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as it is handed in. `repeats`: the hospital's books know our numbers and repeat their first answer."""

    number: str
    business: str
    columns: Mapping[str, Any]
    repeats: bool = True


class _DeadConnection(Exception):
    """A connection out of the pool that turned out to be broken before anything was committed."""


class Asking:
    """One request to one hospital."""

    def __init__(self, client: ExchangeClient, words: Words, call: Call) -> None:
        self._client, self._words, self._call = client, words, call
        self._seconds = call.timeouts.read
        self._was_dead = False

    def ask(self, asked: Asked) -> Answered:
        """Hand in and wait. Raises `CallFailed` for everything but a complete answer."""
        try:
            return self._asked(asked)
        except _DeadConnection:  # a kept one, broken meanwhile: nothing was handed in by it, and no other is kept
            return self._asked(asked)

    def _asked(self, asked: Asked) -> Answered:
        until = time.monotonic() + self._seconds
        with self._client.connection(seconds=self._seconds + PATIENCE) as connection:
            attempt = self._handed_in(connection, asked)
            try:
                found = self._waited_for(connection, asked.number, attempt, until)
                return found or self._given_up(connection, asked.number, attempt)
            except exc.DBAPIError as problem:
                raise self._client.failed(problem, sent=True) from problem

    # -- handing in

    def _handed_in(self, connection: sa.Connection, asked: Asked) -> int:
        """Which handing-in of this number is to be waited for: ours, or one that is under way already."""
        attempt, content = 1, digest(asked.business, asked.columns)
        while True:
            if self._insert(connection, asked, attempt, content):
                return attempt
            last = self._last(connection, asked.number)
            if last is None:  # withdrawn from under us by the hospital's cleaning: the same again
                continue
            attempt, flag, known = last
            ended_well = flag in (*_OPEN, DONE)
            if ended_well and known != content:
                raise CallFailed(Answer.rejected(Reason.NUMBER_REUSED, text="another content under this number"))
            if flag in _OPEN or (flag == DONE and not asked.repeats):
                return attempt
            attempt += 1

    def _insert(self, connection: sa.Connection, asked: Asked, attempt: int, content: str) -> bool:
        """Whether the row is ours; a row of this number and count that is there already refuses it."""
        row = {
            "request_no": asked.number,
            "attempt_no": attempt,
            "business": asked.business,
            "content_hash": content,
            "trace_no": self._call.trace_id[:64],
            "valid_seconds": round(self._seconds) + SPARE_SECONDS,
            **asked.columns,
        }
        committing = False
        try:
            transaction = connection.begin()
            connection.execute(sa.insert(REQUEST).values(row))
            keep(self._call, Direction.SENT, REQUEST.name, row)
            committing = True
            transaction.commit()
        except exc.IntegrityError as problem:
            transaction.rollback()
            if self._client.database.reason(problem) is Reason.NOT_CARRIED:
                raise self._client.failed(problem, sent=False) from problem
            return False
        except exc.DBAPIError as problem:
            if problem.connection_invalidated and not committing and not self._was_dead:
                self._was_dead = True
                raise _DeadConnection from problem
            raise self._client.failed(problem, sent=committing) from problem
        return True

    def _last(self, connection: sa.Connection, number: str) -> tuple[int, str, str] | None:
        statement = (
            sa.select(REQUEST.c.attempt_no, REQUEST.c.flag, REQUEST.c.content_hash)
            .where(REQUEST.c.request_no == number)
            .order_by(REQUEST.c.attempt_no.desc())
        )
        try:
            with connection.begin():
                found = connection.execute(statement).first()
        except exc.DBAPIError as problem:  # an earlier handing-in of this number may stand there
            raise self._client.failed(problem, sent=True) from problem
        return (int(found[0]), str(found[1]).strip(), str(found[2]).strip()) if found else None

    # -- waiting

    def _waited_for(self, connection: sa.Connection, number: str, attempt: int, until: float) -> Answered | None:
        """The complete answer, or None when the time is over. Each look is a transaction of its own: none is old."""
        for pause in _pauses():
            if found := self._answer(connection, number, attempt):
                return found
            left = until - time.monotonic()
            if left <= 0:
                return None
            time.sleep(min(pause, left))
        return None

    def _answer(self, connection: sa.Connection, number: str, attempt: int) -> Answered | None:
        key = (ANSWER.c.request_no == number, ANSWER.c.attempt_no == attempt, ANSWER.c.flag == "1")
        with connection.begin():
            found = [dict(row) for row in connection.execute(sa.select(ANSWER).where(*key)).mappings()]
            if not found:
                return None
            _agree(found)
            fees = self._further(connection, FEE, number, attempt) if found[0]["fee_lines"] else []
            patients = self._further(connection, PATIENT, number, attempt) if found[0]["patient_rows"] else []
        keep(self._call, Direction.RECEIVED, ANSWER.name, shown(found[0]))
        for name, rows in ((FEE.name, fees), (PATIENT.name, patients)):
            if rows:
                keep(self._call, Direction.RECEIVED, name, rows)
        return Answered(
            Row(found[0], self._words, ANSWER.name),
            [Row(row, self._words, FEE.name) for row in fees],
            [Row(row, self._words, PATIENT.name) for row in patients],
        )

    def _further(self, connection: sa.Connection, table: sa.Table, number: str, attempt: int) -> list[dict[str, Any]]:
        key = (table.c.request_no == number, table.c.attempt_no == attempt)
        rows = connection.execute(sa.select(table).where(*key).order_by(table.c.line_no)).mappings()
        return [dict(row) for row in rows]

    def _given_up(self, connection: sa.Connection, number: str, attempt: int) -> Answered:
        """Take the request back if nobody has taken it: then certainly nothing was done. Else it is not known."""
        if self.withdraw(connection, number, attempt):
            text = f"the hospital's job took nothing for {self._seconds:.0f} s; withdrawn"
            raise CallFailed(Answer.rejected(Reason.UNREACHABLE, text=text, sent=False))
        if found := self._answer(connection, number, attempt):
            return found
        raise CallFailed(Answer.unknown(Reason.TIME_OUT, text="the hospital's job has not answered"))

    def withdraw(self, connection: sa.Connection, number: str, attempt: int) -> bool:
        """Whether a request that nobody had taken was taken back; the job takes by the same condition."""
        own = (REQUEST.c.request_no == number, REQUEST.c.attempt_no == attempt, REQUEST.c.flag == NEW)
        with connection.begin():
            return connection.execute(sa.update(REQUEST).where(*own).values(flag=WITHDRAWN)).rowcount == 1

    def withdraw_open(self, number: str) -> None:
        """Take back what nobody has taken of a number that is asked after. Raises `CallFailed`."""
        with self._client.connection(seconds=self._seconds) as connection:
            last = self._last(connection, number)
            if last is not None and last[1] == NEW:
                try:
                    self.withdraw(connection, number, last[0])
                except exc.DBAPIError as problem:
                    raise self._client.failed(problem, sent=True) from problem


def _pauses() -> Iterator[float]:
    yield from _LOOKS
    while True:
        yield _LOOKS[-1]


def _agree(found: Sequence[Mapping[str, Any]]) -> None:
    """A job that answers twice must say the same twice; which of two different words is true only its books know."""
    told = [{name: value for name, value in row.items() if name not in _NOT_COMPARED} for row in found]
    if any(row != told[0] for row in told[1:]):
        raise Unreadable(f"{ANSWER.name} holds {len(found)} answers that differ")

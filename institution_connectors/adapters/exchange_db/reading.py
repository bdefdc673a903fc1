"""Reading views: only rows that are written to their end, and lists only when the hospital's count agrees (F11)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hub import clock
from institution_connectors.adapters.exchange_db.errors import CallFailed, Incomplete
from institution_connectors.adapters.exchange_db.mapping.words import Row, Words, wall
from institution_connectors.adapters.exchange_db.tables import BATCH, TABLES
from institution_connectors.contracts import Answer, Call, Direction, Reason, Wire

CONTENT_TYPE = "application/json"
LOOKS = 3
PAUSE_SECONDS = 0.05
_WRITTEN = "1"


class Reading:
    """One call's look into the exchange database; what it asks and gets is kept in the message store."""

    def __init__(self, connection: sa.Connection, words: Words, call: Call) -> None:
        self._connection, self._words, self._call = connection, words, call

    def rows(
        self,
        view: str,
        *where: sa.ColumnElement[bool],
        order: Sequence[str] = (),
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Row]:
        """The complete rows of a view under some conditions, in order."""
        statement = select(view, *where, order=order)
        if limit is not None:
            statement = statement.limit(limit).offset(offset)
        found = [dict(row) for row in self._connection.execute(statement).mappings()]
        keep(self._call, Direction.SENT, view, conditions(statement))
        keep(self._call, Direction.RECEIVED, view, found)
        return [Row(row, self._words, view) for row in found]

    def one(self, view: str, *where: sa.ColumnElement[bool]) -> Row:
        """The row of a view, or a refusal: the hospital has no such record."""
        found = self.rows(view, *where)
        if not found:
            raise CallFailed(Answer.rejected(Reason.NOT_FOUND, text=f"{view} has no such row"))
        return found[0]

    def count(self, view: str, *where: sa.ColumnElement[bool]) -> int:
        """How many complete rows there are."""
        counted = sa.select(sa.func.count()).select_from(select(view, *where).subquery())
        return int(self._connection.execute(counted).scalar_one())

    def change(self, statement: sa.Update) -> int:
        """Set a flag; how many rows it touched."""
        return self._connection.execute(statement).rowcount

    def batch(self, entity: str, scopes: Iterable[str], read: Callable[[], list[Row]]) -> tuple[list[Row], int]:
        """Rows that come in batches, and how many the hospital counts.

        The batches are looked at before and after: a list is believed when none was being rewritten meanwhile, whatever
        the database's isolation and the job's transactions (`Incomplete` otherwise).
        """
        wanted = list(scopes)
        for look in range(LOOKS):
            if look:
                time.sleep(PAUSE_SECONDS)
            before = self._batches(entity, wanted)
            if any(flag != _WRITTEN for _, _, flag in before.values()):
                continue
            rows = read()
            if self._batches(entity, wanted) == before:
                return rows, sum(total for _, total, _ in before.values())
        raise Incomplete(f"{entity}: the batch is being written")

    def _batches(self, entity: str, scopes: Sequence[str]) -> dict[str, tuple[int, int, str]]:
        statement = sa.select(BATCH).where(BATCH.c.entity == entity, BATCH.c.scope.in_(scopes))
        found = [Row(dict(row), self._words, BATCH.name) for row in self._connection.execute(statement).mappings()]
        return {row.text("scope"): (row.number("batch_no"), row.number("row_total"), row.text("flag")) for row in found}


def select(view: str, *where: sa.ColumnElement[bool], order: Sequence[str] = ()) -> sa.Select[Any]:
    """The query of a view: complete rows only."""
    table = TABLES[view]
    statement = sa.select(table).where(*where)
    if "complete_flag" in table.c:
        statement = statement.where(table.c.complete_flag == _WRITTEN)
    return statement.order_by(*(table.c[name] for name in order))


def conditions(statement: sa.Select[Any]) -> dict[str, Any]:
    """The values a query asks with, by their columns."""
    return dict(statement.compile().params)


def keep(call: Call, direction: Direction, name: str, content: object) -> None:
    """What crossed the wire, as JSON."""
    body = json.dumps(content, ensure_ascii=False, default=_plain).encode()
    call.record(Wire(direction=direction, at=clock.now(), body=body, content_type=CONTENT_TYPE, head={"table": name}))


def _plain(value: object) -> str:
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def shown(columns: Mapping[str, Any]) -> dict[str, Any]:
    """A row without its empty columns."""
    return {name: value for name, value in columns.items() if value is not None}


__all__ = ["Reading", "conditions", "keep", "select", "shown", "wall"]

"""Statements of the hot paths: written out once, planned once by each connection, their parameters bound by the server.

The ORM puts its SQL together anew for every call and the server plans it anew; where a whole district passes, both cost
more than the work itself. A `Statement` goes through the same door as the ORM: the open scope's transaction, what
watches it (units of work, captured queries), Django's exceptions. It is written with constants only (`check_house`).

    _LOCK = Statement("default", "SELECT state FROM booking WHERE id = %(id)s FOR UPDATE")
    row = _LOCK.row(id=booking_id)

    _BOOKING = Select(Booking, "id = %(id)s FOR UPDATE")
    booking = _BOOKING.first(id=booking_id)

    _STORE = Insert(Message, unless_exists=True)
    is_new = _STORE(message)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

from django.db import IntegrityError, connections, models

from hub.tenancy.backend.base import DatabaseWrapper
from hub.tenancy.context import HOME_ALIAS, hospital_alias
from hub.tenancy.router import HubRouter

Row = tuple[Any, ...]
M = TypeVar("M", bound=models.Model)

_TABLE = re.compile(r'\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)', re.I)
# Fields whose attribute is what the column takes; the others say themselves what is stored (encrypted ones, JSON).
_AS_THEY_ARE = frozenset(
    {
        models.BigIntegerField,
        models.BooleanField,
        models.CharField,
        models.DateField,
        models.DateTimeField,
        models.ForeignKey,
        models.IntegerField,
        models.PositiveIntegerField,
        models.PositiveSmallIntegerField,
        models.TextField,
        models.UUIDField,
    }
)


class Statement:
    """One statement on one world's connection; `parts` are joined, so that several may share a list of columns."""

    __slots__ = ("alias", "sql")

    def __init__(self, alias: str, *parts: str) -> None:
        self.alias = alias
        self.sql = "\n".join(parts)

    def rows(self, **values: object) -> list[Row]:
        """Every row it answers with."""
        with _connection(self.alias).planning_cursor() as cursor:
            cursor.execute(self.sql, values)
            return cast(list[Row], cursor.fetchall())

    def row(self, **values: object) -> Row | None:
        """The first row, or None."""
        with _connection(self.alias).planning_cursor() as cursor:
            cursor.execute(self.sql, values)
            return cast(Row | None, cursor.fetchone())

    def run(self, **values: object) -> int:
        """How many rows it wrote."""
        with _connection(self.alias).planning_cursor() as cursor:
            cursor.execute(self.sql, values)
            return int(cursor.rowcount)

    def write(self, **values: object) -> Write:
        """The same, for `together`."""
        return Write(self, values)


@dataclass(frozen=True, slots=True)
class Write:
    """A statement that changes rows and returns none, with its values."""

    statement: Statement
    values: Mapping[str, object]

    @property
    def table(self) -> str:
        """The table whose rows it writes."""
        return _written_table(self.statement.sql)


def together(*writes: Write) -> list[int]:
    """Several writes in one message to the server; how many rows each of them wrote.

    All of them see what was there before: none of them the others' rows, and no row may be changed by two.
    """
    [counts] = _joined(texts_of(writes), writes[0].statement.alias).rows(**values_of(writes))
    return [int(count) for count in counts]


@lru_cache(maxsize=1024)
def _written_table(sql: str) -> str:
    found = _TABLE.match(sql)
    if found is None:
        raise ValueError(f"not one table's rows are written by: {sql[:80]}")
    return found[1]


def broken_in(problem: IntegrityError) -> str:
    """The table whose constraint a statement broke: of several writes together, whose it was."""
    diagnosis = getattr(problem.__cause__, "diag", None)
    return getattr(diagnosis, "table_name", None) or ""


@lru_cache(maxsize=256)
def _joined(statements: tuple[str, ...], alias: str) -> Statement:
    return Statement(alias, f"WITH {', '.join(parts_of(statements))} SELECT {', '.join(counts_of(statements))}")


def texts_of(writes: Sequence[Write]) -> tuple[str, ...]:
    """Their SQL, as the three below want it; a statement made of them is the same whatever the values."""
    return tuple(write.statement.sql for write in writes)


def values_of(writes: Sequence[Write]) -> dict[str, object]:
    """Their values, under the names of `parts_of`."""
    return {f"{place}_{name}": value for place, write in enumerate(writes) for name, value in write.values.items()}


def parts_of(texts: Sequence[str]) -> list[str]:
    """Parts of a WITH list that carry the writes out, each parameter under a name of its write's own."""
    named = [re.sub(r"%\((\w+)\)s", rf"%({place}_\1)s", text) for place, text in enumerate(texts)]
    return [f"w{place} AS ({text} RETURNING 1)" for place, text in enumerate(named)]


def counts_of(texts: Sequence[str]) -> list[str]:
    """How many rows each of `parts_of` wrote, as columns of the answer."""
    return [f"(SELECT count(*) FROM w{place})" for place in range(len(texts))]  # noqa: S608


class _Columns(Generic[M]):
    """The columns of a model in an answer, and the instance they become."""

    def __init__(self, model: type[M], only: Sequence[str] = ()) -> None:
        fields = [field for field in model._meta.concrete_fields if not only or field.attname in only]
        self._model = model
        self._names = [field.attname for field in fields]
        self._loads = [(index, load) for index, field in enumerate(fields) if (load := _loading(field)) is not None]
        self.table = f'"{model._meta.db_table}"'
        self.listed = ", ".join(f'{self.table}."{field.column}"' for field in fields)
        self.width = len(fields)

    def instance(self, alias: str, row: Row) -> M:
        values = list(row)
        for index, load in self._loads:
            values[index] = load(values[index], None, _connection(alias))
        return self._model.from_db(_connection(alias).alias, self._names, values)


class Select(Generic[M]):
    """Rows of a model under a written-out condition, as the ORM would give them.

    `only` names the attributes that are read (and unsealed); one that is missing costs a query when it is asked for.
    """

    def __init__(self, model: type[M], *condition: str, only: Sequence[str] = ()) -> None:
        self._columns = _Columns(model, only)
        self._statement = _selection(model, [self._columns], condition, tables=self._columns.table)

    def first(self, **values: object) -> M | None:
        """The first row under the condition, or None."""
        row = self._statement.row(**values)
        return None if row is None else self._columns.instance(self._statement.alias, row)

    def all(self, **values: object) -> list[M]:
        """Every row under the condition."""
        return [self._columns.instance(self._statement.alias, row) for row in self._statement.rows(**values)]


@dataclass(frozen=True, slots=True)
class Perhaps:
    """At most one row that belongs to those of a `Join` and may be missing; the condition may name the others' columns.

    The key comes first among the attributes of `only`: a row without one is missing.
    """

    model: type[models.Model]
    condition: str
    only: Sequence[str]


class Join:
    """Rows of several models that belong together; the condition says how."""

    def __init__(self, models_: Sequence[type[models.Model]], *condition: str, perhaps: Perhaps | None = None) -> None:
        self._columns = [_Columns(model) for model in models_]
        self._perhaps = _Columns(perhaps.model, perhaps.only) if perhaps else None
        wanted = [*self._columns, self._perhaps] if self._perhaps else self._columns
        tables = ", ".join(part.table for part in self._columns)
        if perhaps and self._perhaps:
            table = self._perhaps.table
            one = f"SELECT * FROM {table} WHERE {perhaps.condition} LIMIT 1"  # noqa: S608 - written by us
            tables = f"{tables} LEFT JOIN LATERAL ({one}) AS {table} ON true"
        self._statement = _selection(models_[0], wanted, condition, tables=tables)

    def first(self, **values: object) -> tuple[Any, ...] | None:
        """One instance of each model, then the one that may be missing or None; None if there is no such row."""
        row = self._statement.row(**values)
        if row is None:
            return None
        found: list[Any] = []
        start = 0
        for columns in self._columns:
            found.append(columns.instance(self._statement.alias, row[start : start + columns.width]))
            start += columns.width
        if self._perhaps:
            last = row[start:]
            found.append(self._perhaps.instance(self._statement.alias, last) if last[0] is not None else None)
        return tuple(found)


class _Values(Generic[M]):
    """What a row's columns are given, by attribute."""

    def __init__(self, fields: Sequence[models.Field[Any, Any]]) -> None:
        self._plain = [field.attname for field in fields if type(field) in _AS_THEY_ARE]
        self._converted = [field for field in fields if type(field) not in _AS_THEY_ARE]

    def of(self, row: M, alias: str, *, is_new: bool) -> dict[str, object]:
        values: dict[str, object] = {name: getattr(row, name) for name in self._plain}
        for field in self._converted:
            values[field.attname] = field.get_db_prep_save(field.pre_save(row, add=is_new), _connection(alias))
        return values


class Insert(Generic[M]):
    """Stores one row of a model as `save(force_insert=True)` does, without signals.

    `computed` are columns whose value is an SQL expression, with parameters of its own; with `unless_exists` a row that
    a unique constraint knows already is left as it is.
    """

    def __init__(
        self, model: type[M], *, computed: Mapping[str, str] = MappingProxyType({}), unless_exists: bool = False
    ) -> None:
        fields = [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]
        self._values = _Values[M]([field for field in fields if field.attname not in computed])
        columns = ", ".join(f'"{field.column}"' for field in fields)
        values = ", ".join(computed.get(field.attname) or f"%({field.attname})s" for field in fields)
        self._into = f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES'
        self._names = () if computed else tuple(field.attname for field in fields)
        self._unless = "ON CONFLICT DO NOTHING" if unless_exists else ""
        self._statement = Statement(HubRouter().db_for_write(model), f"{self._into} ({values})", self._unless)

    def __call__(self, row: M, **parameters: object) -> bool:
        """Whether it was stored; `parameters` are those of the computed columns."""
        write = self.write(row, **parameters)
        return write.statement.run(**write.values) == 1

    def write(self, row: M, **parameters: object) -> Write:
        """The same, for `together` and `Unit.later`."""
        return Write(self._statement, {**self._values.of(row, self._statement.alias, is_new=True), **parameters})

    def all(self, rows: Sequence[M]) -> int:
        """Store a few rows with one statement, planned once for each number of rows; how many were stored."""
        if not rows:
            return 0
        write = self.write_all(rows)
        return write.statement.run(**write.values)

    def write_all(self, rows: Sequence[M]) -> Write:
        """The same, for `together`; at least one row."""
        if not self._names:
            raise TypeError("computed columns are one row's")
        alias, values = self._statement.alias, {}
        for place, row in enumerate(rows):
            values.update(
                {f"{name}_{place}": value for name, value in self._values.of(row, alias, is_new=True).items()}
            )
        tuples = ", ".join(
            f"({', '.join(f'%({name}_{place})s' for name in self._names)})" for place in range(len(rows))
        )
        return Write(Statement(alias, f"{self._into} {tuples}", self._unless), values)


class Update(Generic[M]):
    """Writes the named attributes of a row, found by its key and, where given, only under a condition."""

    def __init__(self, model: type[M], names: Sequence[str], *condition: str) -> None:
        fields = [field for field in model._meta.concrete_fields if field.attname in names]
        self._values = _Values[M](fields)
        written = ", ".join(f'"{field.column}" = %({field.attname})s' for field in fields)
        key = model._meta.pk
        self._statement = Statement(
            HubRouter().db_for_write(model),
            f'UPDATE "{model._meta.db_table}" SET {written} WHERE "{key.column}" = %(pk)s',  # noqa: S608
            *(("AND", *condition) if condition else ()),
        )

    def __call__(self, row: M) -> bool:
        """Whether the row was there, and as the condition wants it."""
        write = self.write(row)
        return self._statement.run(**write.values) == 1

    def write(self, row: M) -> Write:
        """The same, for `together`."""
        return Write(self._statement, {**self._values.of(row, self._statement.alias, is_new=False), "pk": row.pk})


def _selection(
    first: type[models.Model], columns: Sequence[_Columns[Any]], condition: Sequence[str], *, tables: str
) -> Statement:
    listed = ", ".join(part.listed for part in columns)
    return Statement(HubRouter().db_for_read(first), f"SELECT {listed} FROM {tables} WHERE", *condition)  # noqa: S608


def _loading(field: models.Field[Any, Any]) -> Callable[[Any, None, DatabaseWrapper], object] | None:
    """How a column's value becomes the attribute's, where they differ."""
    found: Callable[[Any, None, DatabaseWrapper], object] | None = getattr(field, "from_db_value", None)
    return found


def _connection(alias: str) -> DatabaseWrapper:
    """A hospital's statement goes to the database the open scope's hospital lives in."""
    return cast(DatabaseWrapper, connections[hospital_alias() if alias == HOME_ALIAS else alias])

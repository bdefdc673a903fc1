"""Columns of the exchange database, said once: what the hub binds and reads, what the vendors' DDL is written from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa


class Kind(StrEnum):
    """What a column holds, whatever the database calls it."""

    CODE = "code"
    TEXT = "text"
    LONG = "long"
    FLAG = "flag"
    WHOLE = "whole"
    BIG = "big"
    MONEY = "money"
    TIME = "time"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Field:
    """One column; `note` is for vendors. `now`: the database itself fills in its present time."""

    name: str
    kind: Kind
    size: int = 0
    note: str = ""
    required: bool = False
    now: bool = False
    default: str = ""

    def column(self) -> sa.Column[Any]:
        """As the hub binds it.

        Codes are bound as CHAR: Oracle compares a VARCHAR2 value with a blank-padded column character by character and
        would find nothing; the other databases do not mind.
        """
        kinds: dict[Kind, sa.types.TypeEngine[Any]] = {
            Kind.CODE: sa.CHAR(self.size),
            Kind.TEXT: sa.Unicode(self.size),
            Kind.LONG: sa.UnicodeText(),
            Kind.FLAG: sa.CHAR(1),
            Kind.WHOLE: sa.Integer(),
            Kind.BIG: sa.BigInteger(),
            Kind.MONEY: sa.Numeric(12, 2),
            Kind.TIME: sa.DateTime(),
            Kind.DAY: sa.Date(),
        }
        return sa.Column(self.name, kinds[self.kind])


@dataclass(frozen=True, slots=True)
class Shape:
    """A table or view. `key` are the columns of its primary key; views of data have none here."""

    name: str
    title: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()

    def table(self, metadata: sa.MetaData) -> sa.Table:
        """As the hub queries it."""
        return sa.Table(self.name, metadata, *(field.column() for field in self.fields))


def code(name: str, size: int, note: str = "", *, required: bool = False) -> Field:
    """A code or number in ASCII."""
    return Field(name, Kind.CODE, size, note, required=required)


def text(name: str, size: int, note: str = "") -> Field:
    """Chinese text."""
    return Field(name, Kind.TEXT, size, note)


def long(name: str, note: str = "") -> Field:
    """Text without a bound."""
    return Field(name, Kind.LONG, 0, note)


def flag(name: str, note: str, *, default: str = "") -> Field:
    """One character that says a state."""
    return Field(name, Kind.FLAG, 1, note, required=bool(default), default=default)


def whole(name: str, note: str = "", *, required: bool = False) -> Field:
    """A whole number."""
    return Field(name, Kind.WHOLE, 0, note, required=required)


def big(name: str, note: str = "") -> Field:
    """A whole number that grows for ever."""
    return Field(name, Kind.BIG, 0, note, required=True)


def money(name: str, note: str = "") -> Field:
    """An amount, NUMERIC(12,2); in yuan unless the hospital agreed on fen."""
    return Field(name, Kind.MONEY, 0, note)


def time(name: str, note: str = "", *, now: bool = False) -> Field:
    """A moment by the wall clock of China, without a zone, whole seconds."""
    return Field(name, Kind.TIME, 0, note, required=now, now=now)


def day(name: str, note: str = "") -> Field:
    """A day."""
    return Field(name, Kind.DAY, 0, note)


COMPLETE = flag("complete_flag", "行是否写完：1 写完；平台只读 1 的行", default="1")

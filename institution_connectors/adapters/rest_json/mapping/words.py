"""Fields, times and amounts as one hospital writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from hub import clock, money
from institution_connectors import charsets
from institution_connectors.adapters.rest_json.errors import Incomplete, NotCarried, Unreadable
from institution_connectors.contracts import ConnectorProfile, MoneyUnit, Operation, Patient

_TIME = "%Y-%m-%d %H:%M:%S"
_FIRST_YEAR = 1900


class Words:
    """How one hospital writes amounts of an operation, and how long its fields are."""

    def __init__(self, profile: ConnectorProfile, operation: Operation) -> None:
        self._yuan = profile.options.money(operation) is MoneyUnit.YUAN
        self._charset = charsets.codec_of(profile.options.charset)
        self._bytes = profile.options.text_bytes

    def amount(self, fen: int) -> int | str:
        """An amount for the hospital."""
        return money.yuan_from_fen(fen) if self._yuan else fen

    def fen(self, value: object, name: str) -> int:
        """An amount of the hospital's, number or text."""
        try:
            return money.fen_from_yuan(str(value)) if self._yuan else int(str(value))
        except ValueError as problem:
            raise Unreadable(f"{name} is no amount") from problem

    def text(self, name: str, value: str) -> str:
        """A text for the hospital, refused when its field is too short: nothing is cut off (practice 3)."""
        limit = self._bytes.get(name)
        if limit is not None and len(charsets.encode(value, self._charset)) > limit:
            raise NotCarried(f"{name} is longer than {limit} bytes of {self._charset}")
        return value

    def person(self, patient: Patient) -> dict[str, Any]:
        """A patient for the hospital."""
        body = {
            "name": self.text("name", patient.name),
            "cert_type": patient.document_type,
            "cert_no": patient.document_number,
            "sex": str(patient.sex),
            "birthday": patient.birth_date.isoformat(),
            "mobile": patient.phone,
            "home_address": self.text("home_address", patient.address),
            "erhc_card_no": patient.health_card,
        }
        if patient.guardian is not None:
            body["guardian_name"] = self.text("name", patient.guardian.name)
            body["guardian_cert_type"] = patient.guardian.document_type
            body["guardian_cert_no"] = patient.guardian.document_number
            body["guardian_mobile"] = patient.guardian.phone
        return body


class Row:
    """An object of the hospital's: reading a required field that is missing says so (F3), a wrong type too."""

    def __init__(self, data: object, words: Words, where: str = "data") -> None:
        if not isinstance(data, Mapping):
            raise Incomplete(f"{where} is missing") if data is None else Unreadable(f"{where} is no object")
        self._data, self.words, self._where = data, words, where

    def text(self, name: str) -> str:
        """A required text; numbers are taken as text."""
        value = self.optional(name)
        if not value:
            raise Incomplete(f"{self._where}.{name} is missing")
        return value

    def optional(self, name: str) -> str:
        """A text, empty if missing."""
        value = self._data.get(name)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise Unreadable(f"{self._where}.{name} is no text")
        return str(value)

    def number(self, name: str) -> int:
        """A required whole number; texts of digits are taken."""
        try:
            return int(self.text(name))
        except ValueError as problem:
            if isinstance(problem, Incomplete | Unreadable):
                raise
            raise Unreadable(f"{self._where}.{name} is no whole number") from problem

    def number_or_none(self, name: str) -> int | None:
        """A whole number, or None if missing."""
        return self.number(name) if self.optional(name) else None

    def fen(self, name: str) -> int:
        """A required amount."""
        return self.words.fen(self.text(name), f"{self._where}.{name}")

    def time(self, name: str) -> datetime:
        """A required time `yyyy-MM-dd HH:mm:ss` in China."""
        try:
            wall = datetime.strptime(self.text(name), _TIME)  # noqa: DTZ007 - the zone is added in the next line
        except ValueError as problem:
            if isinstance(problem, Incomplete | Unreadable):
                raise
            raise Unreadable(f"{self._where}.{name} is no time yyyy-MM-dd HH:mm:ss") from problem
        if wall.year < _FIRST_YEAR:  # of a clock never set; the first and last years can't be told in UTC either
            raise Unreadable(f"{self._where}.{name} lies before {_FIRST_YEAR}")
        return clock.at(wall.date(), wall.time())

    def time_or_none(self, name: str) -> datetime | None:
        """A time, or None if missing."""
        return self.time(name) if self.optional(name) else None

    def day(self, name: str) -> date:
        """A required day `yyyy-MM-dd`."""
        try:
            return date.fromisoformat(self.text(name))
        except ValueError as problem:
            if isinstance(problem, Incomplete | Unreadable):
                raise
            raise Unreadable(f"{self._where}.{name} is no day yyyy-MM-dd") from problem

    def flag(self, name: str) -> bool:
        """A flag "1" or "0"; missing is no."""
        return self.optional(name) == "1"

    def rows(self, name: str) -> Iterator[Row]:
        """The objects of a required list, which may be empty."""
        value = self._data.get(name)
        if value is None:
            raise Incomplete(f"{self._where}.{name} is missing")
        if not isinstance(value, list):
            raise Unreadable(f"{self._where}.{name} is no list")
        for index, item in enumerate(value):
            yield Row(item, self.words, f"{self._where}.{name}[{index}]")

    def has(self, name: str) -> bool:
        """Whether the field is there at all."""
        return self._data.get(name) is not None

    def within(self, name: str) -> Row:
        """A required object."""
        return Row(self._data.get(name), self.words, f"{self._where}.{name}")


def stamp(instant: datetime) -> str:
    """A time for the hospital."""
    return clock.local(instant).strftime(_TIME)

"""Texts, times and amounts as one hospital's database holds them."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hub import clock, money
from institution_connectors import charsets
from institution_connectors.adapters.exchange_db.errors import Incomplete, NotCarried, Unreadable
from institution_connectors.adapters.exchange_db.tables import SHAPES, Kind
from institution_connectors.contracts import ConnectorProfile, MoneyUnit

# A column holds what its own set has: GB 18030 reads GBK, but a GBK column can't take all of GB 18030.
_STRICT = {"GBK": "gbk", "CP936": "gbk", "GB2312": "gb2312"}
_REQUEST_FIELDS = {field.name: field for field in SHAPES["hub_request"].fields}
_WIDE = (Kind.TEXT, Kind.LONG)
_FIRST_YEAR = 1900
_GUESSES = ("utf-8", "gb18030")


def _cp1252(byte: int) -> str:
    """The letter of a byte in the set MySQL calls latin1: five bytes that Windows leaves out stand for themselves."""
    try:
        return bytes((byte,)).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


_LETTERS = {"latin1": "".join(map(chr, range(256))), "cp1252": "".join(map(_cp1252, range(256)))}


class Words:
    """How one hospital writes.

    `options.charset` is the set its columns hold; `extra["stored_as"]`: the database believes them to be of another,
    while the bytes are `charset`: "latin1" (an Oracle of WE8ISO8859P1), "cp1252" (what MariaDB and MySQL call latin1).
    """

    def __init__(self, profile: ConnectorProfile) -> None:
        options = profile.options
        named = options.charset.strip().upper()
        self._codec = _STRICT.get(named) or charsets.codec_of(options.charset)
        self._seen = _LETTERS.get(options.extra.get("stored_as", ""), "")
        self._yuan = options.money_unit is MoneyUnit.YUAN
        self._bytes = options.text_bytes

    def amount(self, fen: int) -> Decimal:
        """An amount for the hospital."""
        return Decimal(money.yuan_from_fen(fen)) if self._yuan else Decimal(fen)

    def fen(self, value: Decimal) -> int:
        """An amount of the hospital's; ValueError if it is not one."""
        if self._yuan:
            return money.fen_from_yuan(value)
        if value != value.to_integral_value():
            raise ValueError(f"not a whole number of fen: {value}")
        return int(value)

    def stored(self, name: str, value: Any) -> Any:
        """A value for the request's column `name`, refused when the column can't hold it: nothing is cut off."""
        if isinstance(value, datetime):
            return wall(value)
        if not isinstance(value, str):
            return value
        field, written = _REQUEST_FIELDS[name], unicodedata.normalize("NFC", value)
        if len(written) > field.size:
            raise NotCarried(f"{name} is longer than {field.size} characters")
        if field.kind not in _WIDE and not written.isascii():
            raise NotCarried(f"{name} is not ASCII")
        if "\x00" in written:
            raise NotCarried(f"{name} holds U+0000")
        data = charsets.encode(charsets.carried(name, written, self._codec, self._bytes), self._codec)
        return "".join(self._seen[byte] for byte in data) if self._seen and field.kind in _WIDE else written

    def read(self, value: str, where: str) -> str:
        """A text of the hospital's: padding off, NFC; what is visibly damaged is refused, never patched (F5)."""
        text = value.rstrip(" \x00")
        if self._seen and not text.isascii():
            try:
                text = bytes(self._seen.index(letter) for letter in text).decode(self._codec)
            except ValueError as problem:
                raise Unreadable(f"{where}: bytes do not fit {self._codec}") from problem
        if "\ufffd" in text or "锟斤拷" in text or (len(text) > 1 and not text.strip("?")):
            raise Unreadable(f"{where}: characters were lost before they reached the exchange database")
        if _is_misread(text):
            raise Unreadable(f"{where}: Chinese bytes were read as Latin-1")
        return unicodedata.normalize("NFC", text)


class Row:
    """A row of the hospital's: reading a required column that is empty says so (F3), a wrong type too."""

    def __init__(self, data: Mapping[str, Any], words: Words, where: str) -> None:
        self._data, self._words, self._where = data, words, where

    def text(self, name: str) -> str:
        """A required text; whole numbers are taken as text."""
        value = self.optional(name)
        if not value:
            raise Incomplete(f"{self._where}.{name} is empty")
        return value

    def optional(self, name: str) -> str:
        """A text, empty if there is none."""
        value = self._data.get(name)
        if value is None:
            return ""
        if isinstance(value, Decimal) and value == value.to_integral_value():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise Unreadable(f"{self._where}.{name} is no text")
        return self._words.read(str(value), f"{self._where}.{name}").strip()

    def number(self, name: str) -> int:
        """A required whole number."""
        try:
            return int(self.text(name))
        except ValueError as problem:
            if isinstance(problem, Incomplete | Unreadable):
                raise
            raise Unreadable(f"{self._where}.{name} is no whole number") from problem

    def number_or_none(self, name: str) -> int | None:
        """A whole number, or None if there is none."""
        return self.number(name) if self.has(name) else None

    def fen(self, name: str) -> int:
        """A required amount; only exact numbers are money."""
        value = self._data.get(name)
        if value is None:
            raise Incomplete(f"{self._where}.{name} is empty")
        if isinstance(value, bool) or not isinstance(value, Decimal | int):
            raise Unreadable(f"{self._where}.{name} is no exact number")
        try:
            return self._words.fen(Decimal(value))
        except ValueError as problem:
            raise Unreadable(f"{self._where}.{name} is no amount") from problem

    def fen_or_zero(self, name: str) -> int:
        """An amount, 0 if there is none."""
        return self.fen(name) if self.has(name) else 0

    def time(self, name: str) -> datetime:
        """A required time by the wall clock of China."""
        value = self._data.get(name)
        if value is None:
            raise Incomplete(f"{self._where}.{name} is empty")
        if not isinstance(value, datetime):
            raise Unreadable(f"{self._where}.{name} is no time")
        if value.year < _FIRST_YEAR:
            raise Unreadable(f"{self._where}.{name} lies before {_FIRST_YEAR}")
        return value if value.tzinfo else clock.at(value.date(), value.time())

    def time_or_none(self, name: str) -> datetime | None:
        """A time, or None if there is none."""
        return self.time(name) if self.has(name) else None

    def day(self, name: str) -> date:
        """A required day; Oracle's DATE has a time of day."""
        value = self._data.get(name)
        if value is None:
            raise Incomplete(f"{self._where}.{name} is empty")
        if isinstance(value, datetime):
            return value.date()
        if not isinstance(value, date):
            raise Unreadable(f"{self._where}.{name} is no day")
        return value

    def flag(self, name: str) -> bool:
        """A flag "1" or "0"; empty is no."""
        return self.optional(name) == "1"

    def has(self, name: str) -> bool:
        """Whether the column has a value at all."""
        return self._data.get(name) is not None


def wall(instant: datetime) -> datetime:
    """A moment as the exchange database holds it: China's wall clock, whole seconds, no zone."""
    return clock.local(instant).replace(tzinfo=None, microsecond=0)


def digest(business: str, columns: Mapping[str, Any]) -> str:
    """What tells the same request from another one under the same number."""
    content = json.dumps([business, {k: str(v) for k, v in columns.items() if v is not None}], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _is_misread(text: str) -> bool:
    """Whether all its foreign letters are Latin-1 and their bytes are Chinese; names of foreigners are not."""
    foreign = [letter for letter in text if not letter.isascii()]
    if len(foreign) < 2 or any(ord(letter) > 0xFF for letter in foreign):
        return False
    for codec in _GUESSES:
        try:
            guessed = text.encode("latin-1").decode(codec)
        except UnicodeDecodeError:
            continue
        if any(0x4E00 <= ord(letter) <= 0x9FFF for letter in guessed):
            return True
    return False

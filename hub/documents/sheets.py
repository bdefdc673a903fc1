"""Cells of sheets for spreadsheet programs: what somebody typed into the hub is never a formula there."""

from __future__ import annotations

import re

_FORMULA = re.compile(r"\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?%?")


def cell(value: object) -> object:
    """`value` as a sheet may hold it: text that a program could run gets an apostrophe before it; numbers stay."""
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value

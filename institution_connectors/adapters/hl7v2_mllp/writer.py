"""Messages out: fields are escaped here and nowhere else, and bytes are made once, in the receiver's character set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from hub import clock
from institution_connectors.adapters.hl7v2_mllp.errors import MessageRefused
from institution_connectors.adapters.hl7v2_mllp.escapes import STANDARD, escape
from institution_connectors.charsets import CharsetError, encode

# A field is a text, the components of one value, or several values (repetitions) of components.
Value = str | Sequence["str | Sequence[str]"]
MSH18 = {"utf-8": "UNICODE UTF-8", "gb18030": "GB 18030-2000"}


def segment(name: str, fields: Mapping[int, Value]) -> str:
    """One segment; `fields` by their numbers, gaps stay empty."""
    last = max(fields, default=0)
    return STANDARD.field.join([name, *(_field(fields.get(number, "")) for number in range(1, last + 1))])


def header(fields: Mapping[int, Value], *, name: str = "MSH") -> str:
    """MSH, BHS or FHS; `fields` by their numbers in the standard, from 3 on (MSH-1 is the separator itself)."""
    last = max(fields)
    values = (_field(fields.get(number, "")) for number in range(3, last + 1))
    return STANDARD.field.join([name, STANDARD.encoding_characters, *values])


def message(segments: Sequence[str], *, charset: str) -> bytes:
    """The bytes of a message of finished segments; each ends with CR."""
    try:
        return encode("".join(f"{line}\r" for line in segments), charset)
    except CharsetError as problem:
        raise MessageRefused("message", str(problem)) from problem


def timestamp(instant: datetime) -> str:
    """`yyyyMMddHHmmss` in the district's zone."""
    return clock.local(instant).strftime("%Y%m%d%H%M%S")


def _field(value: Value) -> str:
    if isinstance(value, str):
        return escape(value)
    if any(not isinstance(item, str) for item in value):
        return STANDARD.repetition.join(_components(item) for item in value)
    return _components(value)


def _components(value: Value) -> str:
    parts = [value] if isinstance(value, str) else [part for part in value if isinstance(part, str)]
    return STANDARD.component.join(map(escape, parts)).rstrip(STANDARD.component)

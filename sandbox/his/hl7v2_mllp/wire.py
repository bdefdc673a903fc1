"""MLLP blocks and HL7 segments, as a hospital's own software reads and writes them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sandbox.his.clock import ZONE

START, END = b"\x0b", b"\x1c\r"
MSH18 = {"utf-8": "UNICODE UTF-8", "gb18030": "GB 18030-2000", "gbk": "GB 18030-2000"}
_CODECS = {"": "", "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "GB 18030-2000": "gb18030", "GB18030": "gb18030"}
_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\n": "\\.br\\", "\r": ""}
Cell = str | Sequence[str] | Sequence[Sequence[str]]


class Parsed:
    """A received message: segments by name, fields by the standard's numbers."""

    def __init__(self, data: bytes, configured: str) -> None:
        declared = data.split(b"\r")[0].split(b"|")
        name = declared[17].decode("ascii", "replace").strip() if len(declared) > 17 else ""
        self.text = data.decode(_CODECS.get(name, "") or configured)
        self.segments = [line.split("|") for line in self.text.split("\r") if line]
        if not self.segments or self.segments[0][0] != "MSH" or len(self.segments[0]) < 12:
            raise ValueError("MSH: 消息头缺失或不完整")
        self.segments[0].insert(1, "|")

    def get(self, name: str, field: int, component: int = 1) -> str:
        """A component of the first segment of a name; "" if there is none."""
        raw = self.raw(name, field)
        parts = raw.split("~")[0].split("^")
        return unescape(parts[component - 1]) if component <= len(parts) else ""

    def raw(self, name: str, field: int) -> str:
        """A field as it came."""
        for segment in self.segments:
            if segment[0] == name:
                return segment[field] if field < len(segment) else ""
        return ""

    def identifiers(self) -> dict[str, str]:
        """PID-3 by type."""
        found = {}
        for repetition in filter(None, self.raw("PID", 3).split("~")):
            parts = [*repetition.split("^"), "", "", "", ""]
            found[parts[4]] = unescape(parts[0])
        return found


async def read_block(reader: asyncio.StreamReader) -> bytes:
    """The next message; what stands before a start mark is noise and is left out."""
    await reader.readuntil(START)
    block = await reader.readuntil(END)
    return block[: -len(END)].rpartition(START)[2]


def block(segments: Sequence[str], charset: str) -> bytes:
    """A message of segments as one block."""
    return START + "".join(f"{segment}\r" for segment in segments).encode(charset) + END


def segment(name: str, cells: Mapping[int, Any]) -> str:
    """A segment; a list is components, a list of lists repetitions."""
    last = max(cells, default=0)
    return "|".join([name, *(_cell(cells.get(number, "")) for number in range(1, last + 1))])


def header(cells: Mapping[int, Any]) -> str:
    """MSH from field 3 on."""
    return "|".join(["MSH", "^~\\&", *(_cell(cells.get(number, "")) for number in range(3, max(cells) + 1))])


def escape(text: str) -> str:
    """Text as it may stand in a field."""
    return "".join(_ESCAPES.get(character, character) for character in text)


def unescape(text: str) -> str:
    """The meant text of a field."""
    if "\\" not in text:
        return "" if text == '""' else text
    for plain, written in _ESCAPES.items():
        if plain not in "\\\r":
            text = text.replace(written, plain)
    return text.replace("\\E\\", "\\")


def stamp(iso: str | None) -> str:
    """2026-01-06T08:30:00+08:00 -> 20260106083000; nothing stays nothing."""
    return datetime.fromisoformat(iso).astimezone(ZONE).strftime("%Y%m%d%H%M%S") if iso else ""


def iso_instant(text: str) -> str:
    """20260106083000 -> 2026-01-06T08:30:00+08:00; nothing stays nothing."""
    return datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=ZONE).isoformat() if text else ""


def iso_day(text: str) -> str:
    """20260106 -> 2026-01-06"""
    return datetime.strptime(text[:8], "%Y%m%d").date().isoformat()  # noqa: DTZ007


def day(iso: str) -> str:
    """2026-01-06 -> 20260106"""
    return iso.replace("-", "")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        if any(isinstance(item, list) for item in value):
            return "~".join(_cell(item) for item in value)
        return "^".join(escape(str(item)) for item in value).rstrip("^")
    return escape(str(value))

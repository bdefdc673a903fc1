"""Bytes of a HIS to text and back: strict, in a stated order, and loud when nothing fits (failure F5).

A sender names its character set in three places that may disagree: the transport, the document itself, and what its
engineers told us. They are tried in this order; a set that fails is not patched with replacement characters.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

_GB = "gb18030"
_UTF8 = "utf-8"

# The names senders really write. GB 2312 and GBK are subsets of GB 18030, so the widest table reads them all.
_NAMES = {
    "": "",
    "UTF-8": _UTF8,
    "UTF8": _UTF8,
    "UNICODE UTF-8": _UTF8,
    "UNICODE": _UTF8,
    "GB18030": _GB,
    "GB 18030": _GB,
    "GB 18030-2000": _GB,
    "GB18030-2000": _GB,
    "GBK": _GB,
    "CP936": _GB,
    "GB2312": _GB,
    "GB 2312": _GB,
    "ASCII": "ascii",
    "US-ASCII": "ascii",
    "8859/1": "iso8859-1",
    "ISO-8859-1": "iso8859-1",
}
_BOMS = ((codecs.BOM_UTF8, _UTF8), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class CharsetError(ValueError):
    """Bytes that fit none of the character sets they may have, or text the receiver's set can't carry."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text (NFC), the set it was read with, and whether the sender had declared another."""

    text: str
    charset: str
    declared_wrongly: bool = False


def codec_of(name: str) -> str:
    """Python's codec for a name found in MSH-18, an XML declaration or a Content-Type; "" for none."""
    try:
        return _NAMES[name.strip().strip("\"'").upper()]
    except KeyError:
        raise CharsetError(f"character set {name!r} is not supported") from None


def decode(data: bytes, *, transport: str = "", declared: str = "", configured: str = _UTF8) -> Decoded:
    """Strict text of `data`, tried as its mark, the transport, the document and the profile say, in this order.

    A document that calls itself GB while its bytes are Chinese in UTF-8 would decode "successfully" into wrong
    characters; it is recognised and read as UTF-8.
    """
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return _finished(data[len(mark) :] if codec == _UTF8 else data, [codec], codec_of(declared))
    candidates = list(dict.fromkeys(filter(None, map(codec_of, (transport, declared, configured)))))
    if candidates and candidates[0] == _GB and not codec_of(transport) and _is_chinese_utf8(data):
        candidates.insert(0, _UTF8)
    return _finished(data, candidates, codec_of(transport) or codec_of(declared))


def encode(text: str, codec: str) -> bytes:
    """Bytes of `text`, never with a substitute: a character the receiver can't carry is named."""
    try:
        return unicodedata.normalize("NFC", text).encode(codec)
    except UnicodeEncodeError as problem:
        missing = problem.object[problem.start]
        raise CharsetError(f"character U+{ord(missing):04X} does not exist in {codec}") from problem


def carried(name: str, text: str, codec: str, limits: Mapping[str, int]) -> str:
    """`text`, refused when the receiver's field `name` is too short for its bytes: nothing is cut off (practice 3)."""
    limit = limits.get(name)
    if limit is not None and len(encode(text, codec)) > limit:
        raise CharsetError(f"{name} is longer than {limit} bytes of {codec}")
    return text


def _finished(data: bytes, candidates: list[str], declared: str) -> Decoded:
    failures = []
    for codec in candidates:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError as problem:
            failures.append(f"{codec}: byte 0x{data[problem.start]:02X} at offset {problem.start}")
            continue
        if "\ufffd" in text:
            raise CharsetError("the text holds U+FFFD: it was damaged before it was sent")
        return Decoded(unicodedata.normalize("NFC", text), codec, declared not in ("", codec))
    raise CharsetError("bytes do not fit the declared character set (" + "; ".join(failures) + ")")


def _is_chinese_utf8(data: bytes) -> bool:
    """Whether every foreign character reads as CJK in UTF-8; GB text does so only by accident, in a few letters."""
    try:
        foreign = [character for character in data.decode(_UTF8) if ord(character) > 0x7F]
    except UnicodeDecodeError:
        return False
    return len(foreign) >= 2 and all(_is_cjk(ord(character)) for character in foreign)


def _is_cjk(point: int) -> bool:
    return 0x2E80 <= point <= 0x3FFFF or point in (0xB7, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2026)

"""Bytes to messages. What the standard forbids is refused with the segment and field at fault, never half read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from institution_connectors.adapters.hl7v2_mllp.errors import MessageRefused
from institution_connectors.adapters.hl7v2_mllp.escapes import Separators
from institution_connectors.adapters.hl7v2_mllp.message import Message, Segment
from institution_connectors.charsets import CharsetError, Decoded, decode

MAX_SEGMENTS = 20_000
MAX_CONTROL_ID = 199
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_MESSAGE_CODE = re.compile(r"[A-Z][A-Z0-9]{2}")
_TRIGGER = re.compile(r"[A-Z][A-Z0-9]{2}")
_VERSION = re.compile(r"2(?:\.\d){1,2}")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_HEADERS = ("FHS", "BHS", "MSH")


@dataclass(frozen=True, slots=True)
class Batch:
    """The texts of the messages in one block or file; `enveloped` when they came in BHS/BTS or FHS/FTS."""

    texts: tuple[str, ...]
    enveloped: bool
    decoded: Decoded


@dataclass(frozen=True, slots=True)
class Peeked:
    """What can be told of a message before its character set is known; "" where it is not plain ASCII."""

    facility: str
    key: str
    control_id: str
    charset: str


def peek(data: bytes, *, charset: str = "utf-8") -> Peeked:
    """MSH-4, MSH-8, MSH-10 and MSH-18 of possibly broken bytes; never fails."""
    fields = _rough_header(data, charset)
    facility, key, control_id, declared = (fields[n] if len(fields) > n else "" for n in (3, 7, 9, 17))
    plain = control_id.isascii() and control_id.isprintable() and len(control_id) <= MAX_CONTROL_ID
    return Peeked(facility.strip(), key, control_id.strip() if plain else "", declared.split("~")[0].strip())


def parse(data: bytes, *, charset: str = "utf-8") -> Message:
    """The one message in `data`; `charset` is what the profile says for senders that leave MSH-18 empty."""
    batch = split(data, charset=charset)
    if len(batch.texts) != 1:
        raise MessageRefused("MSH", f"one message expected, {len(batch.texts)} found")
    return parse_text(batch.texts[0], batch.decoded)


def split(data: bytes, *, charset: str = "utf-8") -> Batch:
    """Decode and cut into messages, checking the envelope of a batch or file."""
    decoded = _decode(data, charset)
    lines = [line for line in re.split(r"\r\n|\r|\n", decoded.text.strip("\r\n\t ")) if line.strip()]
    if not lines:
        raise MessageRefused("MSH", "the message is empty")
    if len(lines) > MAX_SEGMENTS:
        raise MessageRefused("message", f"more than {MAX_SEGMENTS} segments")
    if lines[0][:3] not in _HEADERS:
        raise MessageRefused("MSH", f"the message begins with {lines[0][:3]!r} instead of MSH, BHS or FHS")
    return Batch(tuple(_messages(lines)), lines[0][:3] != "MSH", decoded)


def parse_text(text: str, decoded: Decoded) -> Message:
    """The message of one decoded text that begins with MSH."""
    lines = text.split("\r")
    separators = _separators(lines[0])
    segments = [_header(lines[0], separators, decoded.charset)]
    control_id = segments[0].component(10)
    for number, line in enumerate(lines[1:], start=2):
        segments.append(_segment(line, number, separators, decoded.charset, control_id))
    message = Message(tuple(segments), decoded.charset, decoded.declared_wrongly)
    _check_header(message)
    return message


def _decode(data: bytes, charset: str) -> Decoded:
    """MSH-18 rules the decoding of the message that holds it."""
    seen = peek(data, charset=charset)
    try:
        return decode(data, declared=seen.charset, configured=charset)
    except CharsetError as problem:
        raise MessageRefused("MSH-18", str(problem), control_id=seen.control_id) from problem


def _rough_header(data: bytes, charset: str) -> list[str]:
    """The MSH fields before the character set is known, MSH-1 first; good enough for ASCII fields."""
    line = next((part for part in re.split(rb"[\r\n]+", data.lstrip()) if part.startswith(b"MSH")), b"")
    for codec in (charset, "utf-8", "gb18030", "latin-1"):
        try:
            text = line.decode(codec)
        except UnicodeDecodeError:
            continue
        return [text[3], *text[4:].split(text[3])] if len(text) > 4 else []
    return []


def _messages(lines: list[str]) -> list[str]:
    """Cut at MSH; batch and file envelopes are checked and left out."""
    messages: list[list[str]] = []
    counted = {"BTS": 0, "FTS": 0}
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        name = line[:3]
        if name == "MSH":
            messages.append([line])
            counted["BTS"] += 1
        elif name in ("FHS", "BHS"):
            if (name == "FHS" and number > 1) or (name == "BHS" and "BHS" in seen):
                raise MessageRefused(name, f"line {number}: a second or misplaced {name}")
            seen.add(name)
            counted["FTS"] += name == "BHS"
            counted["BTS"] = 0
        elif name in ("BTS", "FTS"):
            _check_count(line, name, counted[name])
            seen.discard("BHS")
        elif not messages:
            raise MessageRefused("MSH", f"line {number}: segment {name!r} stands before the message header")
        else:
            messages[-1].append(line)
    if not messages:
        raise MessageRefused("MSH", "the batch holds no message")
    return ["\r".join(message) for message in messages]


def _check_count(line: str, name: str, counted: int) -> None:
    stated = line[4:].split(line[3])[0].strip() if len(line) > 4 else ""
    if stated and (not stated.isdigit() or int(stated) != counted):
        raise MessageRefused(f"{name}-1", f"the trailer counts {stated!r}, the batch holds {counted}")


def _separators(header: str) -> Separators:
    if len(header) < 5:
        raise MessageRefused("MSH-1", "the header ends before the encoding characters")
    mark = header[3]
    if not _is_mark(mark):
        raise MessageRefused("MSH-1", f"{mark!r} can't be a field separator")
    encoding = header[4:].split(mark)[0]
    if len(encoding) not in (4, 5):
        raise MessageRefused("MSH-2", f"four encoding characters expected, {len(encoding)} found")
    if not all(map(_is_mark, encoding)) or len({mark, *encoding}) != len(encoding) + 1:
        raise MessageRefused("MSH-2", "the encoding characters must be distinct punctuation marks")
    return Separators(mark, encoding[0], encoding[1], encoding[2], encoding[3])


def _is_mark(character: str) -> bool:
    return character.isascii() and character.isprintable() and not character.isalnum() and character not in ' "'


def _header(line: str, separators: Separators, charset: str) -> Segment:
    fields = line[4:].split(separators.field)
    return Segment("MSH", (separators.field, *fields), separators, charset)


def _segment(line: str, number: int, separators: Separators, charset: str, control_id: str) -> Segment:
    name, *fields = line.split(separators.field)
    if not _NAME.fullmatch(name.rstrip()):
        shown = name[:12].encode("ascii", "backslashreplace").decode()
        raise MessageRefused(f"segment {number}", f"{shown!r} is not a segment name", control_id=control_id)
    for position, value in enumerate(fields, start=1):
        if bad := _FORBIDDEN.search(value):
            reason = f"control character 0x{ord(bad[0]):02X}"
            raise MessageRefused(f"{name}-{position} (segment {number})", reason, control_id=control_id)
    return Segment(name.rstrip(), tuple(fields), separators, charset)


def _check_header(message: Message) -> None:
    header, control_id = message.header, message.control_id.strip()
    if bad := _FORBIDDEN.search("".join(header.raw)):
        raise MessageRefused("MSH", f"control character 0x{ord(bad[0]):02X}")
    if not _MESSAGE_CODE.fullmatch(header.component(9, 1)):
        raise MessageRefused("MSH-9.1", "a message code of three characters is required", control_id=control_id)
    if header.component(9, 1) != "ACK" and not _TRIGGER.fullmatch(header.component(9, 2)):
        raise MessageRefused("MSH-9.2", "a trigger event of three characters is required", control_id=control_id)
    if not control_id:
        raise MessageRefused("MSH-10", "a message control id is required")
    if len(control_id) > MAX_CONTROL_ID:
        raise MessageRefused("MSH-10", f"longer than {MAX_CONTROL_ID} characters")
    version = header.component(12)
    if not _VERSION.fullmatch(version):
        raise MessageRefused("MSH-12", f"{version[:12]!r} is not a version 2 of HL7", control_id=control_id)

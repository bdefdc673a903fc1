"""What happens to a received message before it is acknowledged: read, recognised, stored; then AA, or AE, or AR.

"Stored before acknowledged" is the whole point of the acknowledgement: a crash in between makes the sender send again,
and the inbox, unique per sender and control id, recognises it.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hub.errors import HubError
from institution_connectors.adapters.hl7v2_mllp.acknowledge import (
    Identity,
    Verdict,
    acknowledgement,
    codes_owed,
    verdict_of,
)
from institution_connectors.adapters.hl7v2_mllp.errors import MessageRefused
from institution_connectors.adapters.hl7v2_mllp.message import Message
from institution_connectors.adapters.hl7v2_mllp.parser import parse_text, peek, split
from institution_connectors.adapters.hl7v2_mllp.writer import header, segment
from institution_connectors.adapters.hl7v2_mllp.writer import message as written
from institution_connectors.charsets import Decoded, encode
from institution_connectors.contracts import MalformedMessage

log = logging.getLogger(__name__)
_KEY_FIELD = 7  # MSH-8, counted from the segment name: MSH-1 is the separator itself
_HUB = Identity()


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How one hospital is let in: its charset, the key expected in MSH-8 ("" for none), and where its messages go.

    `store` commits the message to the hospital's inbox and returns; a message seen before is stored already and no
    error. It raises `MalformedMessage` for what can never be taken, anything else for what may be taken later.
    """

    hospital: str
    charset: str
    key: str
    store: Callable[[bytes, Mapping[str, str]], None]
    identity: Identity = _HUB
    always_original: bool = False


class Receiver:
    """Answers blocks; `door_of` finds the hospital by the sending facility (MSH-4), None for a stranger."""

    def __init__(self, door_of: Callable[[str], Door | None]) -> None:
        self._door_of = door_of

    def answer(self, data: bytes, peer: str) -> list[bytes]:
        """The acknowledgements owed for one block, in order."""
        seen = peek(data)
        door = self._door_of(seen.facility)
        if door is None:
            log.warning("HL7: unknown facility %r from %s", seen.facility[:40], peer)
            stranger = Door(hospital="", charset="utf-8", key="", store=_nowhere)
            return _refuse(stranger, None, MessageRefused("MSH-4", "unknown facility", control_id=seen.control_id))
        try:
            batch = split(data, charset=door.charset)
        except MessageRefused as problem:
            return _refuse(door, None, problem)
        answers = [self._one(text, batch.decoded, door, peer) for text in batch.texts]
        if len(answers) == 1 and not batch.enveloped:
            return answers[0]
        return [_as_batch([answer for group in answers for answer in group], door)]

    def _one(self, text: str, decoded: Decoded, door: Door, peer: str) -> list[bytes]:
        received: Message | None = None
        try:
            received = parse_text(text, decoded)
            _check_key(received, door)
            door.store(_kept(text, received, decoded.charset), {"peer": peer, "control_id": received.control_id})
        except MessageRefused as problem:
            return _refuse(door, received, problem)
        except MalformedMessage as problem:
            control_id = received.control_id if received else ""
            return _refuse(door, received, MessageRefused("message", str(problem), control_id=control_id))
        except HubError as problem:
            return _refuse(door, received, _later(received, problem.code))
        except Exception:
            log.exception("HL7: a message of %s could not be stored", door.hospital)
            return _refuse(door, received, _later(received, "hub.unavailable"))
        return _acknowledge(door, received, Verdict.ACCEPTED, received.control_id)


def _nowhere(_body: bytes, _head: Mapping[str, str]) -> None:
    raise MalformedMessage("no hospital")


def _check_key(received: Message, door: Door) -> None:
    if not hmac.compare_digest(received.header.text(8).encode(), door.key.encode()):
        raise MessageRefused("MSH-8", "the agreed key is expected", control_id=received.control_id)


def _kept(text: str, received: Message, charset: str) -> bytes:
    """The bytes for the message store: as received, but for the key."""
    separator = received.header.separators.field
    head, _, rest = text.partition("\r")
    fields = head.split(separator)
    if len(fields) > _KEY_FIELD and fields[_KEY_FIELD]:
        fields[_KEY_FIELD] = "********"
    return encode(separator.join(fields) + "\r" + rest + "\r", charset)


def _later(received: Message | None, code: str) -> MessageRefused:
    control_id = received.control_id if received else ""
    return MessageRefused("message", f"not stored now, send again ({code})", retry=True, control_id=control_id)


def _refuse(door: Door, received: Message | None, problem: MessageRefused) -> list[bytes]:
    log.info("HL7: a message of %s was refused: %s", door.hospital or "a stranger", problem)
    control_id = problem.control_id or (received.control_id if received else "")
    return _acknowledge(door, received, verdict_of(problem), control_id, problem)


def _acknowledge(
    door: Door, received: Message | None, verdict: Verdict, control_id: str, problem: MessageRefused | None = None
) -> list[bytes]:
    """The same message always gets the same acknowledgement, its control id included."""
    owed = codes_owed(received, verdict, always_original=door.always_original)
    return [
        acknowledgement(
            code,
            to=received,
            control_id=control_id,
            own_id=_own_id(code, door.hospital, control_id),
            identity=door.identity,
            charset=door.charset,
            text=str(problem) if problem else "",
            place=problem.place if problem else "",
        )
        for code in owed
    ]


def _own_id(code: str, hospital: str, control_id: str) -> str:
    return "K" + hashlib.sha256(f"{code}|{hospital}|{control_id}".encode()).hexdigest()[:19].upper()


def _as_batch(answers: list[bytes], door: Door) -> bytes:
    head = header({3: door.identity.application, 4: door.identity.facility}, name="BHS")
    tail = segment("BTS", {1: str(len(answers))})
    return written([head], charset=door.charset) + b"".join(answers) + written([tail], charset=door.charset)

"""What happens to a received message before it is acknowledged: read, recognised, stored; then AA, or AE, or AR.

"Stored before acknowledged" is the whole point of the acknowledgement: a crash in between makes the sender send again,
and the inbox, unique per sender and control id, recognises it.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
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
_HUB = Identity()


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How one hospital is let in: its charset, the key expected in MSH-8 ("" for none), and where its messages go.

    `store` commits the message to the hospital's inbox and returns; a message seen before is stored already and no
    error. It raises `MalformedMessage` for what can never be taken, anything else for what may be taken later.
    `refused` keeps what was rejected, with the reason, for whoever repairs the sender. Both get the peer's address.
    `peers` are the addresses the hospital may call from; empty means any.
    """

    hospital: str
    charset: str
    key: str
    store: Callable[[bytes, str], None]
    refused: Callable[[bytes, str, str], None]
    peers: frozenset[str] = frozenset()
    identity: Identity = _HUB
    always_original: bool = False


class Receiver:
    """Answers blocks; `door_of` finds the hospital by the sending facility (MSH-4), None for a stranger."""

    def __init__(self, door_of: Callable[[str], Door | None]) -> None:
        self._door_of = door_of

    def answer(self, data: bytes, peer: str) -> list[bytes]:
        """The acknowledgements owed for one block, in order."""
        seen = peek(data)
        try:
            door = self._door_of(seen.facility)
        except HubError as problem:
            log.warning("HL7: a message was put off", extra={"reason": seen.facility[:40], "code": problem.code})
            return _acknowledge(_STRANGER, None, _later(seen.control_id, problem.code))
        except Exception:
            log.exception("HL7: the hospital of a message could not be looked up")
            return _acknowledge(_STRANGER, None, _later(seen.control_id, "hub.unavailable"))
        if door is None or (door.peers and peer not in door.peers):
            log.warning("HL7: the facility is not known", extra={"reason": seen.facility[:40], "peer": peer})
            unknown = MessageRefused("MSH-4", "unknown facility", control_id=seen.control_id)
            return _acknowledge(_STRANGER, None, unknown)
        try:
            batch = split(data, charset=door.charset)
        except MessageRefused as problem:
            return _reject(door, None, problem, data, peer)
        answers = [self._one(text, batch.decoded, door, peer) for text in batch.texts]
        if len(answers) == 1 and not batch.enveloped:
            return answers[0]
        return [_as_batch([answer for group in answers for answer in group], door)]

    def _one(self, text: str, decoded: Decoded, door: Door, peer: str) -> list[bytes]:
        body = encode(text + "\r", decoded.charset)
        received: Message | None = None
        try:
            received = parse_text(text, decoded)
            _check_key(received, door)
            door.store(_without_key(body, door.key), peer)
        except MessageRefused as problem:
            return _reject(door, received, problem, body, peer)
        except MalformedMessage as problem:
            control_id = received.control_id if received else ""
            return _reject(door, received, MessageRefused("message", str(problem), control_id=control_id), body, peer)
        except HubError as problem:
            log.warning("HL7: a message was put off", extra={"hospital": door.hospital, "code": problem.code})
            return _acknowledge(door, received, _later(received.control_id if received else "", problem.code))
        except Exception:
            log.exception("HL7: a message could not be stored", extra={"hospital": door.hospital})
            return _acknowledge(door, received, _later(received.control_id if received else "", "hub.unavailable"))
        return _acknowledge(door, received, None)


def _take_nothing(_body: bytes, _peer: str) -> None:
    raise MalformedMessage("no hospital")


def _keep_nothing(_body: bytes, _reason: str, _peer: str) -> None:
    return


_STRANGER = Door(hospital="", charset="utf-8", key="", store=_take_nothing, refused=_keep_nothing)


def _check_key(received: Message, door: Door) -> None:
    if not _is_key(received.header.text(8), door):
        raise MessageRefused("MSH-8", "the agreed key is expected", control_id=received.control_id)


def _is_key(given: str, door: Door) -> bool:
    return hmac.compare_digest(given.encode(), door.key.encode())


def _without_key(body: bytes, key: str) -> bytes:
    """The bytes for the message store: as received, but for the key, which stands in MSH only."""
    head, mark, rest = body.partition(b"\r")
    return (head.replace(key.encode(), b"********") if key else head) + mark + rest


def _later(control_id: str, code: str) -> MessageRefused:
    return MessageRefused("message", f"not stored now, send again ({code})", retry=True, control_id=control_id)


def _reject(door: Door, received: Message | None, problem: MessageRefused, body: bytes, peer: str) -> list[bytes]:
    """Only what came with the right key is kept: nobody else may fill a hospital's books."""
    log.info("HL7: a message was refused", extra={"hospital": door.hospital, "reason": str(problem)})
    if _is_key(peek(body, charset=door.charset).key, door):
        try:
            door.refused(_without_key(body, door.key), str(problem), peer)
        except Exception:
            log.exception("HL7: a refused message could not be kept", extra={"hospital": door.hospital})
    return _acknowledge(door, received, problem)


def _acknowledge(door: Door, received: Message | None, problem: MessageRefused | None) -> list[bytes]:
    """The same message always gets the same acknowledgement, its control id included."""
    verdict = verdict_of(problem) if problem else Verdict.ACCEPTED
    control_id = (problem.control_id if problem else "") or (received.control_id if received else "")
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
        for code in codes_owed(received, verdict, always_original=door.always_original)
    ]


def _own_id(code: str, hospital: str, control_id: str) -> str:
    return "K" + hashlib.sha256(f"{code}|{hospital}|{control_id}".encode()).hexdigest()[:19].upper()


def _as_batch(answers: list[bytes], door: Door) -> bytes:
    head = header({3: door.identity.application, 4: door.identity.facility}, name="BHS")
    tail = segment("BTS", {1: str(len(answers))})
    return written([head], charset=door.charset) + b"".join(answers) + written([tail], charset=door.charset)

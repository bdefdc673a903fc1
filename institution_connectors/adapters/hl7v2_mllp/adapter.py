"""The dialect `hl7v2_mllp`: HL7 v2 messages over MLLP, in both directions."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import ClassVar, Final
from urllib.parse import urlsplit

from hub import clock, ids
from institution_connectors.adapters.hl7v2_mllp.client import Endpoint, Pool, Received
from institution_connectors.adapters.hl7v2_mllp.errors import AnswerLost, MessageRefused, NotDelivered, ValueMissing
from institution_connectors.adapters.hl7v2_mllp.mapping import answers, inbound
from institution_connectors.adapters.hl7v2_mllp.mapping.requests import COMMANDS, QUERIES, Ask, Writer
from institution_connectors.adapters.hl7v2_mllp.message import Message
from institution_connectors.adapters.hl7v2_mllp.parser import parse
from institution_connectors.adapters.hl7v2_mllp.writer import MSH18, Value, header, message, timestamp
from institution_connectors.charsets import CharsetError, codec_of
from institution_connectors.contracts import (
    Answer,
    Call,
    Command,
    ConnectorProfile,
    Direction,
    Inbound,
    MalformedMessage,
    Operation,
    Options,
    Reason,
    Request,
    Wire,
)
from institution_connectors.refusals import reason_of

CONTENT_TYPE: Final = "x-application/hl7-v2+er7; charset="
_HIDDEN = "********"
_POSITIVE = {"AA", "CA"}
_FOUND_NOTHING_WRONG = {"", "OK", "NF"}
_SPOKEN_REASONS = {reason.value.upper(): reason for reason in Reason if reason is not Reason.NONE}


class Hl7v2MllpAdapter:
    """Speaks to one hospital; thread-safe, with connections of its own (F8)."""

    dialect: ClassVar[str] = "hl7v2_mllp"
    authenticates: ClassVar[bool] = False  # no signature: a private network, or TLS with certificates
    operations: ClassVar[frozenset[Operation]] = frozenset({*QUERIES, *COMMANDS, Operation.FIND_PATIENT})

    def __init__(self, profile: ConnectorProfile, secret: bytes) -> None:
        extra = profile.options.extra
        self._options = profile.options
        self._key = secret.decode("ascii")
        self._charset = codec_of(profile.options.charset)
        self._facility = extra.get("facility", profile.hospital)
        self._application = extra.get("application", "HIS")
        self._version = extra.get("version", "2.4")
        self._enhanced = extra.get("ack_mode", "original") == "enhanced"
        self._writer = Writer(profile, self._facility)
        self._pool = Pool(_endpoint(profile, self._charset))

    def call(self, request: Request, call: Call) -> Answer:
        """Ask once."""
        control_id = ids.domain_number("H", ids.uuid7())[-20:]
        try:
            ask = self._writer.ask(request, control_id)
            body, kept = (self._message(ask, control_id, key) for key in (self._key, _HIDDEN))
        except (MessageRefused, CharsetError) as problem:
            return Answer.rejected(Reason.NOT_CARRIED, text=str(problem), sent=False)
        self._record(call, Direction.SENT, kept, control_id)
        try:
            received = self._send(body, control_id, ask, call)
        except NotDelivered as problem:
            return Answer.rejected(Reason.UNREACHABLE, text=str(problem), sent=False)
        except AnswerLost as problem:
            self._record(call, Direction.RECEIVED, problem.received, control_id)
            return Answer.unknown(problem.reason, text=str(problem))
        self._record(call, Direction.RECEIVED, received.raw, control_id)
        return answer_of(request, received.message, self._options)

    def decode_inbound(self, body: bytes, head: Mapping[str, str]) -> Inbound:  # noqa: ARG002 - the Protocol's
        """Take a message of the hospital apart."""
        try:
            return inbound.read(parse(body, charset=self._charset), self._options)
        except (MessageRefused, CharsetError) as problem:
            raise MalformedMessage(str(problem)) from problem

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def _send(self, body: bytes, control_id: str, ask: Ask, call: Call) -> Received:
        waits = ask.query or self._enhanced
        return self._pool.ask(body, control_id, timeout=call.timeouts.read, application_answer=waits)

    def _message(self, ask: Ask, control_id: str, key: str) -> bytes:
        fields: dict[int, Value] = {
            3: "HUB",
            4: "JA",
            5: self._application,
            6: self._facility,
            7: timestamp(clock.now()),
            8: key if self._key else "",
            9: list(ask.type),
            10: control_id,
            11: "P",
            12: self._version,
            15: "AL" if self._enhanced else "",
            16: "AL" if self._enhanced else "",
            17: "CHN",
            18: MSH18[self._charset],
        }
        return message([header(fields), *ask.segments], charset=self._charset)

    def _record(self, call: Call, direction: Direction, body: bytes, control_id: str) -> None:
        head = {"control_id": control_id}
        call.record(
            Wire(direction=direction, at=clock.now(), body=body, content_type=CONTENT_TYPE + self._charset, head=head)
        )


def answer_of(request: Request, received: Message, options: Options) -> Answer:
    """What an answer means: MSA-1 and QAK-2 say whether, MSA-6 or ERR-3 why, MSA-3 or ERR-8 in words."""
    try:
        acknowledged = received.require("MSA")
        code = acknowledged.component(1)
        queried = received.first("QAK")
        status = queried.component(2) if queried else ""
        if code not in _POSITIVE or status not in _FOUND_NOTHING_WRONG:
            return _refusal(received, code, options)
        _check_echo(request, received)
        return Answer.accepted(answers.read(request, received, options), text=acknowledged.text(3), code=code)
    except ValueMissing as problem:
        return Answer.unknown(Reason.INCOMPLETE, text=str(problem))
    except MessageRefused as problem:
        return Answer.unknown(Reason.UNREADABLE, text=str(problem))


def _refusal(received: Message, code: str, options: Options) -> Answer:
    acknowledged, error = received.require("MSA"), received.first("ERR")
    text = acknowledged.text(3) or (error.text(8) if error else "")
    spoken = acknowledged.component(6) or (error.component(3) if error else "")
    if code not in {"AA", "CA", "AE", "AR", "CE", "CR"}:
        return Answer.unknown(Reason.UNREADABLE, text=f"MSA-1: {code[:10]!r} is no acknowledgement code")
    reason = _SPOKEN_REASONS.get(spoken) or reason_of(spoken, text, options)
    return Answer.rejected(reason, text=text, code=spoken or code)


def _check_echo(request: Request, received: Message) -> None:
    """A query's answer has QAK; a command's repeats the whole hub number, or asking after it finds nothing (F16)."""
    if not isinstance(request, Command):
        received.require("QAK")
    elif received.require("ZHB").component(1) != request.hub_number:
        raise ValueMissing("ZHB-1", "the hub number did not come back as it was sent")


def _endpoint(profile: ConnectorProfile, charset: str) -> Endpoint:
    address = urlsplit(profile.endpoint)
    if address.scheme not in {"mllp", "mllps"} or not address.hostname or not address.port:
        raise ValueError(f"{profile.hospital}: an address like mllp://host:port is expected, not {profile.endpoint!r}")
    extra = profile.options.extra
    return Endpoint(
        host=address.hostname,
        port=address.port,
        charset=charset,
        tls=ssl.create_default_context(cafile=extra.get("tls_ca")) if address.scheme == "mllps" else None,
        connections=profile.limits.in_flight,
        heartbeat=extra.get("heartbeat") == "1",
        commit_bytes=extra.get("mllp") == "2",
    )

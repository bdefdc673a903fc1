"""Acknowledgements: which codes a sender is owed, and their messages.

Original mode (MSH-15 and MSH-16 empty): one AA, AE or AR. Enhanced mode: CA, CE or CR as MSH-15 asks (AL always, NE
never, ER on failure, SU on success), then AA, AE or AR as MSH-16 asks. `AA` and `CA` say "kept safely, do not send
again". AE invites another try, AR does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hub import clock
from institution_connectors.adapters.hl7v2_mllp.errors import MessageRefused
from institution_connectors.adapters.hl7v2_mllp.message import Message
from institution_connectors.adapters.hl7v2_mllp.writer import MSH18, header, message, segment, timestamp


class Verdict(StrEnum):
    """What became of a received message; the second letter of the codes."""

    ACCEPTED = "A"
    ERROR = "E"
    REJECTED = "R"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who writes: MSH-3 and MSH-4 of our messages, MSH-5 and MSH-6 the receiver's."""

    application: str = "HUB"
    facility: str = "JA"
    their_application: str = "HIS"
    their_facility: str = ""


def verdict_of(problem: MessageRefused) -> Verdict:
    """AE where sending the same again may help, else AR."""
    return Verdict.ERROR if problem.retry else Verdict.REJECTED


def codes_owed(received: Message | None, verdict: Verdict, *, always_original: bool = False) -> list[str]:
    """The MSA-1 codes to answer, in order; a message too broken to have a header gets the original mode's."""
    accept, application = (received.header.component(15), received.header.component(16)) if received else ("", "")
    if always_original or not (accept or application):
        return [f"A{verdict}"]
    return [f"{prefix}{verdict}" for prefix, wish in (("C", accept), ("A", application)) if _owed(wish, verdict)]


def acknowledgement(
    code: str,
    *,
    to: Message | None,
    control_id: str,
    own_id: str,
    identity: Identity,
    charset: str,
    text: str = "",
    place: str = "",
) -> bytes:
    """One ACK message. It mirrors the sender's names, trigger and version; ERR-2 names the field at fault."""
    trigger = to.header.component(9, 2) if to else ""
    lines = [
        header(
            {
                3: identity.application,
                4: identity.facility,
                5: to.header.components(3) if to else identity.their_application,
                6: to.header.components(4) if to else identity.their_facility,
                7: timestamp(clock.now()),
                9: ["ACK", trigger, "ACK"] if trigger else "ACK",
                10: own_id,
                11: to.header.component(11) if to else "P",
                12: to.header.component(12) if to else "2.4",
                18: MSH18[charset],
            }
        ),
        segment("MSA", {1: code, 2: control_id, 3: text}),
    ]
    if place:
        lines.append(segment("ERR", {2: place, 4: "E", 8: text}))
    return message(lines, charset=charset)


def _owed(wish: str, verdict: Verdict) -> bool:
    return wish == "AL" or wish == ("SU" if verdict is Verdict.ACCEPTED else "ER")

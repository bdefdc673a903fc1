"""What an adapter is: it speaks one dialect, keeps no state of ours, and decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol, runtime_checkable

from institution_connectors.contracts.inbound import Inbound
from institution_connectors.contracts.operations import Operation, Timeouts
from institution_connectors.contracts.outcomes import Answer
from institution_connectors.contracts.profile import ConnectorProfile
from institution_connectors.contracts.requests import Request


class Direction(StrEnum):
    """Seen from the hub."""

    SENT = "sent"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A message as it crossed the wire, for the message store. `head` never holds a secret."""

    direction: Direction
    at: datetime
    body: bytes
    content_type: str
    head: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One attempt: its own trace number, its time-outs, and where to report what crossed the wire."""

    trace_id: str
    timeouts: Timeouts
    record: Callable[[Wire], None]


class Adapter(Protocol):
    """A dialect, bound to one hospital's profile and secret.

    `call` never raises for what the far side or the network does: it returns a rejected or unknown answer. It returns
    `Answer.rejected(.., sent=False)` only when it is certain that nothing reached the hospital, and anything accepted
    without the facts its result needs is unknown with INCOMPLETE (F3). It is called from several threads.
    """

    dialect: ClassVar[str]
    operations: ClassVar[frozenset[Operation]]

    def call(self, request: Request, call: Call) -> Answer:
        """Ask once."""

    def decode_inbound(self, body: bytes, head: Mapping[str, str]) -> Inbound:
        """Take a message of the hospital apart; `MalformedMessage` if it can't be."""

    def close(self) -> None:
        """Let go of connections."""


@runtime_checkable
class Subscribing(Protocol):
    """An adapter whose hospital notifies whoever asked to be notified."""

    def subscribe(self, address: str, token: str, call: Call) -> Answer:
        """Make sure that it notifies us at `address`, showing `token`; the text says if anything had to be done."""


AdapterFactory = Callable[[ConnectorProfile, bytes], Adapter]

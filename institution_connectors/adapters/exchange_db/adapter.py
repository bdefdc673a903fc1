"""The dialect `exchange_db`, bound to one hospital."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from hub import ids
from institution_connectors.adapters.exchange_db.asking import Asked, Asking
from institution_connectors.adapters.exchange_db.client import ExchangeClient
from institution_connectors.adapters.exchange_db.errors import CallFailed, Incomplete, NotCarried, Unreadable
from institution_connectors.adapters.exchange_db.mapping import READERS, WRITERS, Answered, Words, columns_of, result_of
from institution_connectors.adapters.exchange_db.reading import Reading
from institution_connectors.charsets import CharsetError
from institution_connectors.contracts import (
    Answer,
    Call,
    CheckOutcome,
    Command,
    ConnectorProfile,
    Inbound,
    MalformedMessage,
    Operation,
    Reason,
    Request,
)
from institution_connectors.refusals import reason_of

# The codes of `docs/interfaces/exchange_db.md`; a hospital's own table is looked at first.
CODES: Mapping[str, Reason] = {
    "1002": Reason.NOT_SUPPORTED,
    "1003": Reason.NUMBER_REUSED,
    "1004": Reason.EXPIRED,
    "2001": Reason.NO_SOURCE,
    "2002": Reason.ALREADY_BOOKED,
    "2003": Reason.PATIENT_NOT_FOUND,
    "2004": Reason.PRICE_CHANGED,
    "2005": Reason.CLOSED,
    "2006": Reason.LOCK_EXPIRED,
    "2007": Reason.NOT_FOUND,
    "2008": Reason.TOO_LATE,
    "2009": Reason.LIMIT_REACHED,
    "2010": Reason.BLACKLISTED,
    "5003": Reason.BUSY,
}
# Not taken up in time is a hospital that is busy: the same number may be handed in again.
_PASSING = {Reason.EXPIRED: Reason.BUSY}


class ExchangeDbAdapter:
    """Speaks to one hospital; thread-safe. Hospitals of this dialect send nothing by themselves: they are polled."""

    dialect: ClassVar[str] = "exchange_db"
    operations: ClassVar[frozenset[Operation]] = frozenset({*READERS, *WRITERS})

    def __init__(self, profile: ConnectorProfile, secret: bytes) -> None:
        self._profile = profile
        self._words = Words(profile)
        self._client: ExchangeClient | None = None
        self._why_not = ""
        try:
            self._client = ExchangeClient(profile, secret)
        except (Unreadable, ModuleNotFoundError) as problem:  # a wrong address, or a driver this node lacks
            self._why_not = str(problem)

    def call(self, request: Request, call: Call) -> Answer:
        """Ask once."""
        if self._client is None:
            return Answer.rejected(Reason.UNREACHABLE, text=self._why_not, sent=False)
        try:
            asks = self._read if request.operation in READERS else self._ask
            return asks(self._client, request, call)
        except (NotCarried, CharsetError) as problem:
            return Answer.rejected(Reason.NOT_CARRIED, text=str(problem), sent=False)
        except Incomplete as problem:
            return Answer.unknown(Reason.INCOMPLETE, text=str(problem))
        except Unreadable as problem:
            return Answer.unknown(Reason.UNREADABLE, text=str(problem))
        except CallFailed as failure:
            return failure.answer

    def decode_inbound(self, body: bytes, head: Mapping[str, str]) -> Inbound:  # noqa: ARG002 - the Protocol's
        """Nothing comes in by this dialect."""
        raise MalformedMessage("the dialect exchange_db has no messages from the hospital; it is polled")

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()

    def _read(self, client: ExchangeClient, request: Request, call: Call) -> Answer:
        read = READERS[request.operation]
        result = client.reads(
            lambda connection: read(request, Reading(connection, self._words, call)), seconds=call.timeouts.read
        )
        return Answer.accepted(result)

    def _ask(self, client: ExchangeClient, request: Request, call: Call) -> Answer:
        """By the request table; who asks after a number takes it back first, if the hospital has not taken it."""
        asking = Asking(client, self._words, call)
        if isinstance(request, CheckOutcome):
            asking.withdraw_open(request.hub_number)
        asked = Asked(
            number=request.hub_number if isinstance(request, Command) else ids.domain_number("Q", ids.uuid7()),
            business=str(request.operation),
            columns=columns_of(request, self._words),
            repeats=self._profile.options.idempotent,
        )
        return self._answer(request, asked.number, asking.ask(asked))

    def _answer(self, request: Request, number: str, answered: Answered) -> Answer:
        options, row = self._profile.options, answered.row
        code, text = row.text("result_code"), row.optional("message")
        if not options.succeeded(request.operation, code):
            reason = options.reason_codes.get(code) or CODES.get(code) or reason_of(code, text, options)
            return Answer.rejected(_PASSING.get(reason, reason), text=text, code=code)
        if row.text("stored_no") != number:  # asking after it would find nothing (F16)
            raise Incomplete("hub_answer.stored_no is not the number that was handed in")
        asked = str(request.asked) if isinstance(request, CheckOutcome) else ""
        result = result_of(request.operation, replace(answered, asked=asked))
        return Answer.accepted(result, text=text, code=code)

"""What a channel is to payments: five operations, each with three outcomes, and facts the channel vouches for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from regional_services.payments.models import MerchantAccount

Value = TypeVar("Value")


class Outcome(StrEnum):
    """ACCEPTED and REJECTED are the channel's own words; all else is UNKNOWN, and is asked again (DESIGN promise 4)."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer(Generic[Value]):
    """What a call came to; `reason` is the channel's code, or ours for a call that brought no answer."""

    outcome: Outcome
    value: Value | None = None
    reason: str = ""


class TradeState(StrEnum):
    """Where a payment stands at the channel. ABSENT: the channel has never heard of the number."""

    PAID = "paid"
    UNPAID = "unpaid"
    CLOSED = "closed"
    ABSENT = "absent"


class RefundStatus(StrEnum):
    """Where a refund stands at the channel."""

    SUCCEEDED = "succeeded"
    PROCESSING = "processing"
    CLOSED = "closed"
    ABNORMAL = "abnormal"
    ABSENT = "absent"


class RefusedBecause(StrEnum):
    """Rejections that payments acts on; every other code only ends the attempt."""

    NUMBER_TAKEN = "number_taken"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepayRequest:
    """Make a payment ready for one payer: in the app if there is an openid, else in a browser."""

    out_trade_no: str
    description: str
    amount_fen: int
    openid: str
    client_ip: str
    expires_at: datetime
    notify_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What opens the channel's cashier: a prepay id in the app, an address in a browser."""

    prepay_id: str = ""
    pay_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """Give money back under a number that never changes."""

    out_trade_no: str
    out_refund_no: str
    refund_fen: int
    total_fen: int
    reason: str
    notify_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A payment as the channel knows it."""

    out_trade_no: str
    state: TradeState
    mchid: str = ""
    appid: str = ""
    transaction_id: str = ""
    total_fen: int = 0
    currency: str = ""
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFact:
    """A refund as the channel knows it."""

    out_refund_no: str
    status: RefundStatus
    refund_id: str = ""
    refund_fen: int = 0
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An authentic notice, opened: exactly one of the two facts, or neither for a kind we don't act on."""

    event_type: str
    mchid: str
    trade: Trade | None = None
    refund: RefundFact | None = None


class Channel(Protocol):
    """One channel. Calls go to the network, so they are made in no transaction."""

    def prepay(self, merchant: MerchantAccount, request: PrepayRequest) -> Answer[Prepared]:
        """Make a payment ready. The same request under the same number is the same payment."""

    def query(self, merchant: MerchantAccount, out_trade_no: str) -> Answer[Trade]:
        """What became of this payment."""

    def close(self, merchant: MerchantAccount, out_trade_no: str) -> Answer[None]:
        """Let nobody pay this number any more."""

    def refund(self, merchant: MerchantAccount, request: RefundRequest) -> Answer[RefundFact]:
        """Give money back; the same number asked again is the same refund."""

    def query_refund(self, merchant: MerchantAccount, out_refund_no: str) -> Answer[RefundFact]:
        """What became of this refund."""

    def call_up(self, merchant: MerchantAccount, prepay_id: str) -> dict[str, str]:
        """The signed parameters with which the resident's page opens the channel's cashier. No network."""

    def check_signature(self, merchant: MerchantAccount, headers: Mapping[str, str], body: bytes) -> None:
        """Refuse a notice that is not the channel's own, or is stale, with NotificationForged. No network."""

    def open_notice(self, merchant: MerchantAccount, body: str) -> Notice:
        """Decrypt and read a notice whose signature was checked; ValueError when it can't be read. No network."""

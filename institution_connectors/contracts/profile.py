"""How one hospital differs from the others speaking its dialect: data, never code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from institution_connectors.contracts.operations import Operation
from institution_connectors.contracts.outcomes import Reason


class BookingMode(StrEnum):
    """Who owns the numbers: the hub a released pool, or the HIS, which is locked first."""

    HUB_POOL = "hub_pool"
    HIS_LOCKED = "his_locked"


class MoneyUnit(StrEnum):
    """How amounts are written on the wire."""

    FEN = "fen"
    YUAN = "yuan"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPattern:
    """A regular expression on the hospital's error text and what it means (F4). The first match wins."""

    pattern: str
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The switches of a dialect that differ from hospital to hospital; `extra` holds those of one dialect only.

    `idempotent`: seeing a hub number again, the hospital repeats its first answer. Where it doesn't, nothing is sent
    again before the hospital has said that it knows nothing of the number, long enough after it was sent.
    `reserved_department`: the code of a department without fees that the hospital keeps for the synthetic resident
    alone; no resident ever sees its sessions, nothing counts them.
    """

    success_codes: frozenset[str] = frozenset({"0"})
    success_codes_of: Mapping[Operation, frozenset[str]] = field(default_factory=dict)
    reason_codes: Mapping[str, Reason] = field(default_factory=dict)
    error_patterns: tuple[ErrorPattern, ...] = ()
    money_unit: MoneyUnit = MoneyUnit.FEN
    money_unit_of: Mapping[Operation, MoneyUnit] = field(default_factory=dict)
    charset: str = "utf-8"
    text_bytes: Mapping[str, int] = field(default_factory=dict)
    polled: bool = False
    idempotent: bool = True
    reserved_department: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    def succeeded(self, operation: Operation, code: str) -> bool:
        """Whether `code` is this hospital's success code for `operation`."""
        return code in self.success_codes_of.get(operation, self.success_codes)

    def money(self, operation: Operation) -> MoneyUnit:
        """The unit amounts of `operation` are written in."""
        return self.money_unit_of.get(operation, self.money_unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of us a hospital gets at once, and when we leave it alone (F8)."""

    in_flight: int = 8
    breaker_failures: int = 5
    breaker_seconds: float = 15.0
    clock_skew_seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorProfile:
    """Everything needed to talk to one hospital; secrets only by reference to the key ring."""

    hospital: str
    dialect: str
    endpoint: str
    mode: BookingMode
    secret_ref: str
    capabilities: frozenset[Operation]
    options: Options = field(default_factory=Options)
    limits: Limits = field(default_factory=Limits)
    enabled: bool = True
    version: int = 1
    at_test: bool = False

    @property
    def name(self) -> str:
        """The hospital, or its test system: connections, limits and breakers are kept apart by it."""
        return f"{self.hospital}~test" if self.at_test else self.hospital

    def can(self, operation: Operation) -> bool:
        """Whether this hospital answers `operation`."""
        return operation in self.capabilities

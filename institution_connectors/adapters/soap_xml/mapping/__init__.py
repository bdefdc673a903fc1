"""Between contract values and the elements of the dialect: which transaction, what goes in, what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from institution_connectors import contracts
from institution_connectors.adapters.soap_xml.mapping.answers import read
from institution_connectors.adapters.soap_xml.mapping.requests import Writer
from institution_connectors.contracts import Operation, Request

TRANSACTIONS: Final[Mapping[Operation, str]] = {
    Operation.PING: "1001",
    Operation.FIND_PATIENT: "2001",
    Operation.CREATE_PATIENT: "2002",
    Operation.UPDATE_PATIENT: "2003",
    Operation.BIND_HEALTH_CARD: "2011",
    Operation.LIST_PENDING_BILLS: "3001",
    Operation.BILL_DETAIL: "3002",
    Operation.SETTLE_BILLS: "3007",
    Operation.LIST_DEPARTMENTS: "4001",
    Operation.LIST_NUMBER_CLASSES: "4002",
    Operation.LIST_SCHEDULES: "4003",
    Operation.LIST_NUMBERS: "4004",
    Operation.QUOTE_FEE: "4005",
    Operation.LOCK_NUMBER: "4006",
    Operation.REGISTER: "4006",
    Operation.PAY_REGISTRATION: "4007",
    Operation.CHECK_IN: "4008",
    Operation.UNLOCK_NUMBER: "4009",
    Operation.CANCEL_REGISTRATION: "4009",
    Operation.LIST_REGISTRATIONS: "4010",
    Operation.CHECK_OUTCOME: "4010",
    Operation.LIST_STOPPED: "4011",
    Operation.LIST_VISIT_EVENTS: "4012",
    Operation.TELL_VISIT: "4013",
    Operation.WAITING_QUEUE: "5001",
    Operation.LIST_DOCTORS: "6003",
    Operation.LIST_LAB_REPORTS: "7003",
    Operation.LAB_REPORT: "7004",
    Operation.LIST_PAID_BILLS: "3003",
    Operation.PAID_BILL_DETAIL: "3004",
    Operation.INPATIENT_STAY: "3011",
    Operation.PHARMACY_QUEUE: "5002",
    Operation.LIST_EXAM_REPORTS: "7001",
    Operation.EXAM_REPORT: "7002",
}
_PAID_REGISTRATION = "4007"
_SETTLEMENT_RECORDS = "3003"
_SETTLEMENTS = frozenset({Operation.SETTLE_BILLS})


def transaction(request: Request) -> str:
    """The TranCode of `request`: a registration with its payment is 4007, without one it is a confirmation, 4006."""
    if isinstance(request, contracts.Register) and request.payment is not None:
        return _PAID_REGISTRATION
    if isinstance(request, contracts.CheckOutcome) and request.asked in _SETTLEMENTS:
        return _SETTLEMENT_RECORDS
    return TRANSACTIONS[request.operation]


__all__ = ["TRANSACTIONS", "Writer", "read", "transaction"]

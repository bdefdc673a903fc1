"""Made-up patients and hub numbers."""

from __future__ import annotations

from datetime import date
from itertools import count
from uuid import uuid4

from hub import clock, ids
from institution_connectors.contracts import Patient, Payment, Sex

_count = count(1)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def hub_number(prefix: str = "H") -> str:
    """A hub number nobody used."""
    return ids.domain_number(prefix, uuid4())


def somebody(*, name: str = "张小三", born: date = date(1990, 1, 1), his_id: str = "") -> Patient:
    """A patient nobody knows yet, with a valid number."""
    body = f"310106{born:%Y%m%d}{next(_count) % 1000:03d}"
    check = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]
    return Patient(
        name=name,
        document_type="01",
        document_number=body + check,
        sex=Sex.MALE,
        birth_date=born,
        phone="13800000000",
        his_id=his_id,
    )


def paid(fee_fen: int) -> Payment:
    """A payment of this amount."""
    return Payment(
        order_number=hub_number("P"),
        amount_fen=fee_fen,
        channel="wechat",
        channel_number="4200001234567890",
        paid_at=clock.now(),
    )

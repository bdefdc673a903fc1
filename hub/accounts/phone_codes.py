"""Phone codes: 6 digits, 5 minutes, one use, five checks; bound to phone, purpose and session (steps, inside a unit).

The code is cut from a keyed digest of a random nonce, so no column holds it, in clear or otherwise, and a copy of the
table without the key ring says nothing.
"""

from __future__ import annotations

import hmac
import os
from datetime import timedelta

from hub import clock
from hub.accounts import digests
from hub.accounts.errors import CodeTooSoon
from hub.accounts.events import PhoneCodeRequested
from hub.accounts.locks import lock_subject
from hub.accounts.models import CodePurpose, PhoneCode
from hub.security import blind, masking
from hub.security.keyring import KEY_ID_BYTES, REGION_OWNER, ring
from hub.work import Unit

LIFETIME = timedelta(minutes=5)
RESEND_AFTER = timedelta(seconds=60)
MAX_CHECKS = 5
MAX_PER_HOUR = 5
MAX_PER_DAY = 10
_USE = "code"
_PURPOSE = "phone_code"
_RANDOM_BYTES = 16
_DIGITS = 6
# The n-th newest code of a phone must be older than this before another is sent.
_LIMITS = ((0, RESEND_AFTER), (MAX_PER_HOUR - 1, timedelta(hours=1)), (MAX_PER_DAY - 1, timedelta(days=1)))
_INDEX = "accounts.phone"


def issue(unit: Unit, *, phone: str, purpose: CodePurpose, binding: str) -> PhoneCode:
    """Make a code for an E.164 phone and publish its sending; CodeTooSoon within the limits.

    The phone's requests are taken one after another, so that the limits hold under any number at once.
    """
    indexes = phone_indexes(phone)
    lock_subject(phone)
    _check_limits(indexes)
    bound = digests.of(binding)
    PhoneCode.objects.filter(phone_index__in=indexes, purpose=purpose, binding=bound, spent_at__isnull=True).update(
        spent_at=unit.now, nonce=b""
    )
    code = PhoneCode.objects.create(
        purpose=purpose,
        phone_index=indexes[0],
        phone=phone,
        binding=bound,
        nonce=ring().active(REGION_OWNER, _USE).id + os.urandom(_RANDOM_BYTES),
        created_at=unit.now,
        expires_at=unit.now + LIFETIME,
    )
    unit.audit(
        "accounts.code_requested",
        target=f"phone_code:{code.id}",
        detail={"purpose": purpose, "phone": masking.phone(phone)},
    )
    unit.publish(PhoneCodeRequested(code_id=code.id))
    return code


def passes(unit: Unit, *, phone: str, purpose: CodePurpose, binding: str, code: str) -> bool:
    """Check a code and spend it when right. A wrong try is counted: the caller lets the unit commit before refusing."""
    row = (
        PhoneCode.objects.select_for_update()
        .filter(
            phone_index__in=phone_indexes(phone),
            purpose=purpose,
            binding=digests.of(binding),
            spent_at__isnull=True,
            expires_at__gt=unit.now,
        )
        .order_by("-created_at")
        .first()
    )
    if row is None:
        return False
    row.checks += 1
    right = hmac.compare_digest(digits_of(row).encode(), code.strip().encode())
    if right or row.checks >= MAX_CHECKS:
        row.spent_at, row.nonce = unit.now, b""
    row.save(update_fields=["checks", "spent_at", "nonce"])
    return right


def digits_of(row: PhoneCode) -> str:
    """The six digits of an unspent code."""
    nonce = bytes(row.nonce)
    key = ring().by_id(nonce[:KEY_ID_BYTES])
    number = int.from_bytes(key.suite.mac(key.derived(_PURPOSE), row.id.bytes + nonce[KEY_ID_BYTES:])[:8], "big")
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"


def phone_indexes(phone: str) -> list[bytes]:
    """The blind indexes of a phone, the active one first."""
    return blind.candidates(_INDEX, phone)


def _check_limits(indexes: list[bytes]) -> None:
    now = clock.now()
    sent = list(
        PhoneCode.objects.filter(phone_index__in=indexes, created_at__gt=now - timedelta(days=1))
        .order_by("-created_at")
        .values_list("created_at", flat=True)[:MAX_PER_DAY]
    )
    waits = [(sent[position] + span - now).total_seconds() for position, span in _LIMITS if position < len(sent)]
    wait = max(waits, default=0)
    if wait > 0:
        raise CodeTooSoon(retry_after=int(wait) + 1)

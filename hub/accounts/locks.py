"""Locks of sign-in. Order: subject (advisory), then account row, then rows that belong to it."""

from __future__ import annotations

from uuid import UUID

from django.db import connections

from hub.accounts import digests
from hub.accounts.models import User

_SUBJECT_CLASS = 0x50C0


def lock_subject(subject: str) -> None:
    """Take everything about one phone or openid in turn until the transaction ends."""
    number = int.from_bytes(digests.of(subject)[:4], "big", signed=True)
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_SUBJECT_CLASS, number])


def lock_account(user_id: UUID) -> User | None:
    """The account row, locked."""
    return User.objects.select_for_update().filter(id=user_id).first()

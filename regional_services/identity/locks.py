"""The two locks of this app, always in this order: the account, then the document.

Advisory locks of the transaction: limits per account count rows that do not exist yet, and a document typed by two
accounts at once must make one person.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connections


def lock_account(account_id: UUID) -> None:
    """Additions of one account happen one after the other."""
    _lock(f"identity.account:{account_id}")


def lock_document(kind: str, index: bytes) -> None:
    """One document is registered by one transaction at a time."""
    _lock(f"identity.document:{kind}:{index.hex()}")


def _lock(name: str) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])

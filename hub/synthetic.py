"""The synthetic resident: one account known to the code, who books at every hospital to see whether it works.

Whoever counts people leaves this account out; whoever shows what hospitals reserve for it asks here. It has no phone
and no password: only a process that holds the house's keys can act as it (`hub.accounts.services.synthetic`).
"""

from __future__ import annotations

from uuid import UUID, uuid5

ACCOUNT = UUID("01930000-0000-7000-8000-73796e746801")
NAME = "平台巡检"


def is_synthetic(account_id: UUID | None) -> bool:
    """Whether this is the synthetic resident's account."""
    return account_id == ACCOUNT


def person_at(hospital: str) -> UUID:
    """The person it is at one hospital: one for each, so that no rule about one person's time ties them together."""
    return uuid5(ACCOUNT, hospital)

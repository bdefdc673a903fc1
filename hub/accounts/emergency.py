"""The half hour in which somebody holds permissions he does not have (break-glass), as every request sees it.

Kept in Redis with its end: when Redis loses it the emergency is over early, which is the safe side. The record of it,
with its reason, is a row of `hub.vigilance`.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from hub import redis

MARK = "break_glass"
"""Stands beside the roles of whoever acts in an emergency, in every audit entry."""


def open_for(account_id: UUID, place: str, lasts: timedelta) -> None:
    """Let it begin."""
    redis.client().set(redis.key("emergency", str(account_id), place), "1", ex=int(lasts.total_seconds()))


def is_open(account_id: UUID, place: str) -> bool:
    """Whether it lasts."""
    return bool(redis.client().exists(redis.key("emergency", str(account_id), place)))

"""Claiming an idempotency key inside the transaction that does the work (kernel decision 4).

The key's row is inserted first: a second request with the same key waits on the unique index until the first commits or
rolls back, and then sees its answer or does the work itself. Nothing is held outside the database, so a dead worker
holds nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hub.actor import Actor
from hub.errors import IdempotencyMismatch

Execute = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What somebody asks for: the act's name, the key he chose and a digest of what he asked."""

    name: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Whether the command is new here; else what the first one made and, if it is finished, what it answered."""

    new: bool
    reference: str
    response: dict[str, Any] | None


def actor_key(actor: Actor) -> str:
    """Whose keys these are: two actors may choose the same key."""
    return f"{actor.kind}:{actor.id or actor.name}"


def claim(
    execute: Execute, table: str, *, actor: Actor, institution: str, command: Command, reference: str, now: datetime
) -> Claim:
    """Claim `command` for `actor`, waiting for a concurrent holder; IdempotencyMismatch if it was another request."""
    inserted = execute(
        f"INSERT INTO {table} (institution_code, name, actor, key, fingerprint, reference, created_at)"  # noqa: S608
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (institution_code, actor, name, key) DO NOTHING RETURNING id",
        [institution, command.name, actor_key(actor), command.key, command.fingerprint, reference, now],
    )
    if inserted:
        return Claim(new=True, reference=reference, response=None)
    found = execute(
        f"SELECT fingerprint, reference, response FROM {table}"  # noqa: S608
        " WHERE institution_code = %s AND actor = %s AND name = %s AND key = %s",
        [institution, actor_key(actor), command.name, command.key],
    )
    if not found:
        raise IdempotencyMismatch  # retention removed the row between the two statements: too old to be repeated
    fingerprint, first_reference, response = found[0]
    if fingerprint != command.fingerprint:
        raise IdempotencyMismatch
    return Claim(new=False, reference=first_reference, response=None if response is None else json.loads(response))

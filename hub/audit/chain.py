"""Seals: one per batch of audit entries, each bound to the one before (kernel decision 3).

Writers never touch the chain, so they never wait for each other. The sealer makes a seal and removes the pending marks
in one transaction: if it dies, both or neither happened. Two sealers of one schema meet at the seal's sequence number,
and the later one's transaction is undone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connections

from hub import clock
from hub.audit import entries, mac, merkle
from hub.journal.world import World, open_scope, world_of

BATCH = 5000
START = b"\x00" * 32  # what the first seal follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A seal as stored; `members` are inclusive ranges of entry ids."""

    sequence: int
    at: datetime
    members: list[list[int]]
    count: int
    root: bytes
    previous: bytes
    key_id: str
    hash: bytes


def message(
    scope: str, *, sequence: int, at: datetime, members: list[list[int]], count: int, root: bytes, previous: bytes
) -> bytes:
    """The bytes a seal's hash covers."""
    return entries.canonical(
        {
            "scope": scope,
            "sequence": sequence,
            "at": at.astimezone(UTC).isoformat(),
            "members": members,
            "count": count,
            "root": root.hex(),
            "previous": previous.hex(),
        }
    )


def seal_pending(scope: str) -> int:
    """Seal the scope's pending entries, batch by batch; returns how many."""
    sealed = 0
    while True:
        count = _seal_batch(scope)
        sealed += count
        if count < BATCH:
            return sealed


def ranges(ids: Iterable[int]) -> list[list[int]]:
    """Ascending ids as inclusive ranges."""
    result: list[list[int]] = []
    for one in ids:
        if result and one == result[-1][1] + 1:
            result[-1][1] = one
        else:
            result.append([one, one])
    return result


def _seal_batch(scope: str) -> int:
    world = world_of(scope)
    with open_scope(scope), connections[world.alias].cursor() as cursor:
        cursor.execute(
            f"SELECT p.audit_id, a.mac FROM {world.pending} p JOIN {world.audit} a ON a.id = p.audit_id"  # noqa: S608
            " ORDER BY p.audit_id LIMIT %s FOR UPDATE OF p SKIP LOCKED",
            [BATCH],
        )
        batch = [(audit_id, bytes(entry_mac)) for audit_id, entry_mac in cursor.fetchall()]
        if not batch:
            return 0
        cursor.execute(f"SELECT sequence, hash FROM {world.seal} ORDER BY sequence DESC LIMIT 1")  # noqa: S608
        last = cursor.fetchone()
        sequence, previous = (last[0] + 1, bytes(last[1])) if last else (1, START)
        sql, parameters = _insertion(world, scope, sequence, previous, batch)
        cursor.execute(sql, parameters)
    return len(batch)


def _insertion(
    world: World, scope: str, sequence: int, previous: bytes, batch: list[tuple[int, bytes]]
) -> tuple[str, list[Any]]:
    ids = [audit_id for audit_id, _ in batch]
    at, members = clock.now(), ranges(ids)
    root = merkle.root([entries.leaf(audit_id, entry_mac) for audit_id, entry_mac in batch])
    key_id, digest = mac.sign(
        message(scope, sequence=sequence, at=at, members=members, count=len(ids), root=root, previous=previous)
    )
    sql = (
        f"WITH unmarked AS (DELETE FROM {world.pending} WHERE audit_id = ANY(%s))"  # noqa: S608
        f" INSERT INTO {world.seal} (sequence, at, members, count, root, previous, key_id, hash)"
        " VALUES (%s, %s, %s::jsonb, %s, %s, %s, %s, %s)"
    )
    return sql, [ids, sequence, at, json.dumps(members), len(ids), root, previous, key_id, digest]

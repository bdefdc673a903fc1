"""Verifying a chain: every entry against its MAC, every seal against its entries and its predecessor, the end against
the anchors, and nothing left outside for longer than a minute."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connections

from hub import clock
from hub.audit import anchors, chain, entries, mac, merkle
from hub.journal.world import World, incarnation_of, open_scope, world_of

UNSEALED_LIMIT = timedelta(seconds=60)
_PAGE = 200


class Flaw(StrEnum):
    """What can be wrong."""

    ALTERED = "altered"  # an entry does not match its MAC
    MISSING = "missing"  # an entry under a seal, or marked as pending, is gone
    UNSEALED = "unsealed"  # an entry waits for its seal for too long
    UNMARKED = "unmarked"  # an entry that is neither sealed nor marked as pending
    BROKEN = "broken"  # a seal does not match its entries or its predecessor
    CUT = "cut"  # the chain is shorter than an anchor says, or another chain


@dataclass(frozen=True, slots=True)
class Finding:
    """One flaw and where it is."""

    flaw: Flaw
    where: str


@dataclass(slots=True)
class Report:
    """What verifying one schema's chain found."""

    scope: str
    entries: int = 0
    seals: int = 0
    pending: int = 0
    findings: list[Finding] = field(default_factory=list)
    watch: Callable[[Report], None] | None = None

    def add(self, flaw: Flaw, where: str) -> None:
        """Note a flaw."""
        self.findings.append(Finding(flaw, where))


class _Sealed:
    """The ids under seals read so far, as merged ranges."""

    def __init__(self) -> None:
        self.ranges: list[list[int]] = []

    def add(self, members: list[list[int]]) -> None:
        self.ranges = _merged(self.ranges + members)

    def holds(self, audit_id: int) -> bool:
        at = bisect_right(self.ranges, [audit_id, 1 << 63])
        return at > 0 and self.ranges[at - 1][0] <= audit_id <= self.ranges[at - 1][1]


def verify(scope: str, *, with_district: bool = True, watch: Callable[[Report], None] | None = None) -> Report:
    """Verify the chain of one schema while it is being written to.

    A hospital's own people may not read the district's audit: for them the anchors in the object store must do.
    `watch` is told how far it is after every seal.
    """
    report, sealed, heads = Report(scope), _Sealed(), {0: chain.START}
    report.watch = watch
    horizon = clock.now() - UNSEALED_LIMIT
    _read_chain(report, sealed, heads)
    strays = _strays(scope, sealed, horizon, report)
    if strays:
        _read_chain(report, sealed, heads)  # a seal may have been made meanwhile
        strays = [audit_id for audit_id in strays if not sealed.holds(audit_id)]
    for audit_id in strays:
        report.add(Flaw.UNMARKED, f"entry {audit_id}")
    in_district = anchors.anchored_in_district(scope) if with_district else []
    for head in (*in_district, *anchors.anchored_in_store(scope)):
        same_life = head.incarnation == incarnation_of(scope)
        if same_life and heads.get(head.sequence, b"").hex() != head.hash:
            report.add(Flaw.CUT, f"seal {head.sequence} of an anchor")
    return report


def _read_chain(report: Report, sealed: _Sealed, heads: dict[int, bytes]) -> None:
    world, last = world_of(report.scope), max(heads)
    for seal in _seals(report.scope, world, after=last):
        if seal.sequence != last + 1:
            report.add(Flaw.BROKEN, f"seals {last + 1} to {seal.sequence - 1} are missing")
        elif seal.previous != heads[last]:
            report.add(Flaw.BROKEN, f"seal {seal.sequence} does not follow seal {last}")
        _check_seal(report, seal)
        last = seal.sequence
        heads[last] = seal.hash
        sealed.add(seal.members)
        report.seals += 1
        if report.watch is not None:
            report.watch(report)


def _check_seal(report: Report, seal: chain.Seal) -> None:
    covered = chain.message(
        report.scope,
        sequence=seal.sequence,
        at=seal.at,
        members=seal.members,
        count=seal.count,
        root=seal.root,
        previous=seal.previous,
    )
    if not mac.verifies(seal.key_id, covered, seal.hash):
        report.add(Flaw.BROKEN, f"seal {seal.sequence} was altered")
    flaws, leaves = len(report.findings), []
    expected = {audit_id for first, last in seal.members for audit_id in range(first, last + 1)}
    for row in _entries(report.scope, seal.members):
        expected.discard(row["id"])
        _check_entry(report, row)
        leaves.append(entries.leaf(row["id"], bytes(row["mac"])))
    for audit_id in sorted(expected):
        report.add(Flaw.MISSING, f"entry {audit_id} under seal {seal.sequence}")
    if len(report.findings) == flaws and (not leaves or merkle.root(leaves) != seal.root):
        report.add(Flaw.BROKEN, f"seal {seal.sequence} does not match its entries")


def _check_entry(report: Report, row: dict[str, Any]) -> None:
    report.entries += 1
    if not mac.verifies(row["key_id"], entries.message(row, report.scope), bytes(row["mac"])):
        report.add(Flaw.ALTERED, f"entry {row['id']}")


def _strays(scope: str, sealed: _Sealed, horizon: datetime, report: Report) -> list[int]:
    """Check the pending entries; return those that are neither pending nor, so far, known to be sealed."""
    world = world_of(scope)
    with open_scope(scope, read_only=True), connections[world.alias].cursor() as cursor:
        cursor.execute(f"SELECT audit_id, at FROM {world.pending}")  # noqa: S608
        pending = dict(cursor.fetchall())
        found: list[int] = []
        for first, last in _gaps(sealed.ranges):
            cursor.execute(
                f"SELECT id FROM {world.audit} WHERE id BETWEEN %s AND %s AND at < %s",  # noqa: S608
                [first, last, horizon],
            )
            found += [audit_id for (audit_id,) in cursor.fetchall()]
    report.pending = len(pending)
    held = {row["id"] for row in _entries(scope, [[audit_id, audit_id] for audit_id in sorted(pending)], report)}
    for audit_id, at in sorted(pending.items()):
        if audit_id not in held:
            report.add(Flaw.MISSING, f"entry {audit_id}, not sealed yet")
        elif at < horizon:
            report.add(Flaw.UNSEALED, f"entry {audit_id}, {round((clock.now() - at).total_seconds())} s old")
    return [audit_id for audit_id in found if audit_id not in pending]


def _entries(scope: str, members: list[list[int]], check: Report | None = None) -> Iterator[dict[str, Any]]:
    world = world_of(scope)
    columns = ("id", *entries.COLUMNS)
    for start in range(0, len(members), _PAGE):
        page = members[start : start + _PAGE]
        with open_scope(scope, read_only=True), connections[world.alias].cursor() as cursor:
            cursor.execute(
                f"SELECT {', '.join(f'a.{c}' for c in columns)} FROM {world.audit} a"  # noqa: S608
                " JOIN unnest(%s::bigint[], %s::bigint[]) AS r (first, last) ON a.id BETWEEN r.first AND r.last"
                " ORDER BY a.id",
                [[first for first, _ in page], [last for _, last in page]],
            )
            rows = cursor.fetchall()
        for values in rows:
            row = dict(zip(columns, values, strict=True))
            row["detail"] = json.loads(row["detail"])
            if check is not None:
                _check_entry(check, row)
            yield row


def _seals(scope: str, world: World, *, after: int) -> Iterator[chain.Seal]:
    while True:
        with open_scope(scope, read_only=True), connections[world.alias].cursor() as cursor:
            cursor.execute(
                "SELECT sequence, at, members, count, root, previous, key_id, hash"  # noqa: S608
                f" FROM {world.seal} WHERE sequence > %s ORDER BY sequence LIMIT %s",
                [after, _PAGE],
            )
            page = cursor.fetchall()
        for sequence, at, members, count, root, previous, key_id, digest in page:
            after = sequence
            yield chain.Seal(
                sequence=sequence,
                at=at,
                members=json.loads(members),
                count=count,
                root=bytes(root),
                previous=bytes(previous),
                key_id=key_id,
                hash=bytes(digest),
            )
        if len(page) < _PAGE:
            return


def _merged(ranges: list[list[int]]) -> list[list[int]]:
    result: list[list[int]] = []
    for first, last in sorted(ranges):
        if result and first <= result[-1][1] + 1:
            result[-1][1] = max(last, result[-1][1])
        else:
            result.append([first, last])
    return result


def _gaps(ranges: list[list[int]]) -> Iterator[tuple[int, int]]:
    """What lies between and after the sealed ranges: rolled-back ids, pending entries and strays."""
    first = 0
    for start, last in ranges:
        if start > first:
            yield first, start - 1
        first = last + 1
    yield first, (1 << 63) - 1

"""One audit entry: what is recorded of an act, and the MAC that makes a later change visible.

Entries hold ids and masked values, never personal data. What an object was before and after is kept as keyed digests:
they prove which of two versions stood there without telling anything to a reader of the log.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hub.actor import Actor
from hub.audit import mac

SUCCESS = "success"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An act about to be recorded; `before` and `after` are turned into digests."""

    action: str
    target: str
    outcome: str = SUCCESS
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


def canonical(value: Any) -> bytes:
    """The one spelling of a JSON value that is digested."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode()


def row_of(entry: Entry, *, actor: Actor, scope: str, institution: str, at: datetime) -> dict[str, Any]:
    """The columns of an entry, its MAC included; the MAC binds it to the schema it was written in."""
    row: dict[str, Any] = {
        "at": at.astimezone(UTC),
        "actor_kind": str(actor.kind),
        "actor_id": actor.id,
        "actor_name": actor.name,
        "actor_role": actor.role,
        "institution_code": institution,
        "action": entry.action,
        "target": entry.target,
        "outcome": entry.outcome,
        "reason": entry.reason[:200],
        "ip": actor.ip,
        "request_id": actor.request_id,
        "detail": json.loads(canonical(dict(entry.detail))),
        "before_digest": _digest(entry.before),
        "after_digest": _digest(entry.after),
    }
    row["key_id"], row["mac"] = mac.sign(message(row, scope))
    return row


def message(row: Mapping[str, Any], scope: str) -> bytes:
    """The bytes the MAC of a row covers, the same whether it is being written or read back."""
    at: datetime = row["at"]
    covered = {name: row[name] for name in _COVERED}
    covered["at"] = at.astimezone(UTC).isoformat()
    covered["actor_id"] = str(row["actor_id"] or "")
    return canonical({"scope": scope, **covered})


def leaf(audit_id: int, entry_mac: bytes) -> bytes:
    """An entry's leaf in the Merkle tree: binds the MAC to the row's place."""
    return hashlib.sha256(b"\x00" + audit_id.to_bytes(8, "big") + entry_mac).digest()


def _digest(value: Mapping[str, Any] | None) -> str:
    return "" if value is None else mac.digest(canonical(dict(value))).hex()


_COVERED = (
    "actor_kind",
    "actor_name",
    "actor_role",
    "institution_code",
    "action",
    "target",
    "outcome",
    "reason",
    "ip",
    "request_id",
    "detail",
    "before_digest",
    "after_digest",
)
COLUMNS = ("at", "actor_id", *_COVERED, "key_id", "mac")

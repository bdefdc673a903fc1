"""Roles and data scopes carry a MAC: what somebody wrote past the hub, straight into the database, gives no rights.

A row that fails is treated as if it gave nothing (a role) or hid everything (a scope); `altered` finds such rows for
the security administrator (CES1-26, GB/T 39786 item b). The key lies in the ring, which administrators of the database
lack.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from hub.accounts.models import DataScope, StaffMembership
from hub.audit import mac
from hub.tenancy.scope import region

_USE = "access"
_BATCH = 2000
Sealed = StaffMembership | DataScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Altered:
    """A row whose MAC does not fit what it says."""

    table: str
    row_id: UUID
    user_id: UUID
    user_name: str
    institution_code: str
    says: str


def seal(row: Sealed) -> None:
    """Give a row its MAC, before it is saved by a service that was allowed to."""
    row.mac_key, row.mac = mac.sign(_message(row), what=_USE)


def is_genuine(row: Sealed) -> bool:
    """Whether the row says what a service wrote."""
    return mac.verifies(row.mac_key, _message(row), bytes(row.mac), what=_USE)


def altered() -> Iterator[Altered]:
    """Every row that was changed or made past the hub, ended roles too. One query for two thousand rows."""
    for model in (StaffMembership, DataScope):
        last: UUID | None = None
        while True:
            with region(read_only=True):
                rows = model.objects.select_related("user").order_by("id")
                batch: list[Sealed] = list((rows.filter(id__gt=last) if last else rows)[:_BATCH])
            for row in batch:
                if not is_genuine(row):
                    yield Altered(
                        table=model._meta.db_table,
                        row_id=row.id,
                        user_id=row.user_id,
                        user_name=row.user.display_name,
                        institution_code=row.institution_code,
                        says=row.role if isinstance(row, StaffMembership) else "scope",
                    )
            if len(batch) < _BATCH:
                break
            last = batch[-1].id


def _message(row: Sealed) -> bytes:
    said: list[object] = [type(row).__name__, str(row.id), str(row.user_id), row.institution_code]
    if isinstance(row, StaffMembership):
        said += [str(row.role), str(row.granted_by), _instant(row.granted_at), _instant(row.ended_at)]
    else:
        said += [row.departments, row.hidden, str(row.changed_by), _instant(row.changed_at)]
    return json.dumps(said, ensure_ascii=True, separators=(",", ":")).encode()


def _instant(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at else ""

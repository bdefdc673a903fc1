"""What happens to the handles of an account that ends: steps inside somebody's unit of work on public.

A handle that moves to another account is ended, never rewritten; one that is given free forgets whose it was.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub.accounts import steps
from hub.accounts.models import AccountKind, AccountState, HandleKind, KnownDevice, LoginHandle, User
from hub.errors import NotFound
from hub.security import blind, masking
from hub.work import Unit

CLOSED_NAME = "已注销"


@dataclass(frozen=True, slots=True)
class HandleView:
    """A phone or a platform's user of an account, masked."""

    id: UUID
    kind: HandleKind
    kind_text: str
    masked: str
    since: datetime


def handles_of(account_id: UUID) -> list[HandleView]:
    """What opens this account, oldest first. One query."""
    rows = LoginHandle.objects.filter(user_id=account_id, ended_at__isnull=True).order_by("created_at")
    return [view_of(row) for row in rows]


def handle_of(account_id: UUID, handle_id: UUID) -> HandleView | None:
    """One that opens this account, or did. One query."""
    row = LoginHandle.objects.filter(user_id=account_id, id=handle_id).first()
    return view_of(row) if row else None


def view_of(row: LoginHandle) -> HandleView:
    """The handle as pages show it, masked."""
    return HandleView(
        row.id,
        HandleKind(row.kind),
        HandleKind(row.kind).label,
        masking.phone(row.subject) if row.kind == HandleKind.PHONE else masking.token(row.subject),
        row.created_at,
    )


def lock_resident(account_id: UUID) -> User:
    """A resident's account, locked; NotFound for anything else."""
    user = User.objects.select_for_update().filter(id=account_id, kind=AccountKind.RESIDENT).first()
    if user is None:
        raise NotFound
    return user


def move_handles(unit: Unit, source: User, target: User) -> tuple[list[UUID], list[UUID]]:
    """Let every handle of `source` open `target`; the ids of those ended and of those made."""
    ended, made = [], []
    for row in (
        LoginHandle.objects.select_for_update().filter(user=source, ended_at__isnull=True).order_by("created_at")
    ):
        row.ended_at = unit.now
        row.save(update_fields=["ended_at"])
        ended.append(row.id)
        made.append(steps.add_handle(target, HandleKind(row.kind), row.subject, realm=row.realm).id)
    return ended, made


def move_handles_back(unit: Unit, ended: list[UUID], made: list[UUID]) -> None:
    """The moved handles open their first account again, but for those that went to somebody else meanwhile."""
    standing = set(
        LoginHandle.objects.filter(id__in=made, ended_at__isnull=True).values_list("kind", "realm", "subject_index")
    )
    LoginHandle.objects.filter(id__in=made, ended_at__isnull=True).update(ended_at=unit.now)
    for row in LoginHandle.objects.filter(id__in=ended).select_related("user"):
        if (row.kind, row.realm, row.subject_index) in standing:
            steps.add_handle(row.user, HandleKind(row.kind), row.subject, realm=row.realm)


def set_asleep(user: User, *, asleep: bool) -> None:
    """A merged account can't be signed in to until the merge is undone."""
    user.state = AccountState.DISABLED if asleep else AccountState.ACTIVE
    user.save(update_fields=["state"])


def close_resident(unit: Unit, user: User) -> None:
    """End the account for good: its phone and WeChat are free, and nothing says any more that they were its."""
    for row in LoginHandle.objects.select_for_update().filter(user=user):
        row.ended_at = row.ended_at or unit.now
        row.subject, row.subject_index = "", blind.index("accounts.closed", secrets.token_hex(16))
        row.save(update_fields=["ended_at", "subject", "subject_index"])
    KnownDevice.objects.filter(user=user).delete()
    user.display_name, user.state = CLOSED_NAME, AccountState.DISABLED
    user.save(update_fields=["display_name", "state"])
    unit.audit("accounts.closed", target=f"account:{user.id}")

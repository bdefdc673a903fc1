"""The staff accounts of one place, for the administrators' pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from hub import clock
from hub.accounts.models import DISTRICT, AccountKind, AccountState, Duty, StaffMembership, User
from hub.errors import NotFound
from hub.security.roles import Role
from hub.tenancy.scope import region


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAccount:
    """A staff account as its administrators see it."""

    user_id: UUID
    login_name: str
    name: str
    roles: tuple[Role, ...]
    disabled: bool
    locked: bool
    expires_at: datetime | None
    last_seen_at: datetime | None
    sign_ins: int

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= clock.now()


def accounts_of(institution_code: str) -> list[StaffAccount]:
    """Everybody with a role there, by name; at the district also accounts that wait for a role. Two queries."""
    with region(read_only=True):
        return _read(_there(institution_code), institution_code)


def account_of(institution_code: str, user_id: UUID) -> StaffAccount:
    """One of them; NotFound for anybody else. Two queries."""
    with region(read_only=True):
        found = _read(_there(institution_code).filter(id=user_id), institution_code)
    if not found:
        raise NotFound
    return found[0]


def _there(institution_code: str) -> QuerySet[User]:
    held = StaffMembership.objects.filter(user=OuterRef("pk"), institution_code=institution_code, ended_at__isnull=True)
    waiting = Q(duty=Duty.NONE) if institution_code == DISTRICT else Q(pk__in=())
    return User.objects.filter(Q(Exists(held)) | waiting, kind=AccountKind.STAFF)


def _read(users: QuerySet[User], institution_code: str) -> list[StaffAccount]:
    living = Count("sign_ins", filter=Q(sign_ins__ended_at__isnull=True, sign_ins__expires_at__gt=clock.now()))
    rows = list(users.annotate(living=living).order_by("display_name", "login_name"))
    roles: dict[UUID, list[Role]] = {}
    held = StaffMembership.objects.filter(
        user_id__in=[row.id for row in rows], institution_code=institution_code, ended_at__isnull=True
    )
    for user_id, role in held.order_by("role").values_list("user_id", "role"):
        roles.setdefault(user_id, []).append(Role(role))
    return [
        StaffAccount(
            user_id=row.id,
            login_name=row.login_name or "",
            name=row.display_name,
            roles=tuple(roles.get(row.id, ())),
            disabled=row.state == AccountState.DISABLED,
            locked=row.locked_until is not None and row.locked_until > clock.now(),
            expires_at=row.expires_at,
            last_seen_at=row.last_seen_at,
            sign_ins=row.living,
        )
        for row in rows
    ]

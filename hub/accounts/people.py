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
    elsewhere: tuple[tuple[str, Role], ...]
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
    """One of them; NotFound for anybody else. The district looks at every institution's staff. Two queries."""
    with region(read_only=True):
        staff = User.objects.filter(kind=AccountKind.STAFF)
        there = staff if institution_code == DISTRICT else _there(institution_code)
        found = _read(there.filter(id=user_id), institution_code)
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
    held = StaffMembership.objects.filter(user_id__in=[row.id for row in rows], ended_at__isnull=True)
    here: dict[UUID, list[Role]] = {}
    elsewhere: dict[UUID, list[tuple[str, Role]]] = {}
    for user_id, place, role in held.order_by("institution_code", "role").values_list(
        "user_id", "institution_code", "role"
    ):
        if place == institution_code:
            here.setdefault(user_id, []).append(Role(role))
        else:
            elsewhere.setdefault(user_id, []).append((place, Role(role)))
    return [
        StaffAccount(
            user_id=row.id,
            login_name=row.login_name or "",
            name=row.display_name,
            roles=tuple(here.get(row.id, ())),
            elsewhere=tuple(elsewhere.get(row.id, ())),
            disabled=row.state == AccountState.DISABLED,
            locked=row.locked_until is not None and row.locked_until > clock.now(),
            expires_at=row.expires_at,
            last_seen_at=row.last_seen_at,
            sign_ins=row.living,
        )
        for row in rows
    ]

"""Reads of accounts. `account` is cached for seconds and dropped by every change: a request costs no query."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hub import clock, redis
from hub.accounts import addresses, emergency, integrity
from hub.accounts.models import (
    DISTRICT,
    HIDEABLE,
    AccountKind,
    AccountState,
    AdminNetwork,
    DataScope,
    Duty,
    SignIn,
    SignInMethod,
    StaffMembership,
    User,
)
from hub.accounts.permissions import OPEN_RECORDS
from hub.actor import Actor, ActorKind
from hub.errors import NotFound
from hub.security.permissions import emergency_permissions, permissions_of
from hub.security.roles import ADMINISTRATORS, Role
from hub.tenancy.scope import region

log = logging.getLogger(__name__)
_CACHE_SECONDS = 30
_SIGN_INS_SHOWN = 50
_KINDS = {
    AccountKind.RESIDENT: ActorKind.RESIDENT,
    AccountKind.STAFF: ActorKind.STAFF,
    AccountKind.SERVICE: ActorKind.VENDOR,
}


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as every request needs it."""

    id: UUID
    kind: AccountKind
    active: bool
    name: str
    must_change_password: bool
    memberships: tuple[tuple[str, Role], ...]
    departments: frozenset[UUID] | None = None
    hidden: frozenset[str] = frozenset()
    networks: tuple[str, ...] = ()
    """Where an administrator of this place may work from; empty: anywhere, or no administrator."""

    def roles_at(self, institution: str) -> frozenset[Role]:
        """The roles held at one institution (or at DISTRICT)."""
        return frozenset(role for place, role in self.memberships if place == institution)


def account(user_id: UUID, *, hospital: str | None = None) -> AccountView | None:
    """The account as seen from one host, from Redis or with two queries; never inside an open scope.

    On a hospital's host the database shows only that hospital's memberships, so each host has its own cached view.
    """
    store, key, place = redis.client(), redis.key("account", str(user_id)), hospital or DISTRICT
    cached = store.hget(key, place)
    if cached:
        return _from_json(str(cached))
    view = _read(user_id, place)
    if view is not None:
        with store.pipeline() as pipe:
            pipe.hset(key, place, _to_json(view))
            pipe.expire(key, _CACHE_SECONDS)
            pipe.execute()
    return view


def _read(user_id: UUID, place: str) -> AccountView | None:
    with region(read_only=True):
        user = User.objects.filter(id=user_id).first()
        if user is None:
            return None
        memberships = _memberships(user.id) if user.kind != AccountKind.RESIDENT else ()
        administers = {(at, role in ADMINISTRATORS) for at, role in memberships}
        departments, hidden = scope_at(user.id, place) if user.kind == AccountKind.STAFF else (None, frozenset())
        return AccountView(
            id=user.id,
            kind=AccountKind(user.kind),
            active=user.is_active,
            name=user.display_name,
            must_change_password=user.must_change_password,
            memberships=memberships,
            departments=departments,
            hidden=hidden,
            networks=networks_at(place) if (place, True) in administers else (),
        )


def networks_at(place: str) -> tuple[str, ...]:
    """The networks administrators of a place are held to, in an open scope. One query."""
    rows = AdminNetwork.objects.filter(institution_code=place, ended_at__isnull=True)
    return tuple(rows.order_by("added_at").values_list("network", flat=True))


def scope_at(user_id: UUID, institution_code: str) -> tuple[frozenset[UUID] | None, frozenset[str]]:
    """The departments (None: all) and hidden kinds of fields of a member of staff, in an open scope. One query."""
    row = DataScope.objects.filter(user_id=user_id, institution_code=institution_code).first()
    if row is None:
        return None, frozenset()
    if not _believed(row):
        return frozenset(), frozenset(HIDEABLE)
    departments = None if row.departments is None else frozenset(UUID(one) for one in row.departments)
    return departments, frozenset(row.hidden)


def scope_of(user_id: UUID, institution_code: str) -> tuple[frozenset[UUID] | None, frozenset[str]]:
    """The same outside of any scope, for the administrator's page."""
    with region(read_only=True):
        return scope_at(user_id, institution_code)


def narrowed_at(institution_code: str) -> frozenset[UUID]:
    """Members of staff whose data is narrowed there. One query."""
    with region(read_only=True):
        rows = DataScope.objects.filter(institution_code=institution_code)
        return frozenset(rows.values_list("user_id", flat=True))


def forget(user_id: UUID) -> None:
    """Drop the cached account after a change was committed."""
    redis.client().delete(redis.key("account", str(user_id)))


def acting(
    view: AccountView, *, hospital: str | None, ip: str, request_id: str, identity_due: bool = False, device: str = ""
) -> Actor | None:
    """The actor this account is on one side of the house, or None where it is a stranger.

    On a hospital's host only staff with a membership there act, on the district's only staff with one at the district;
    residents act on the district's host alone. The institution comes from the host, never from request data. Until a
    due password is changed, staff hold no permission; from outside their networks administrators are strangers.
    """
    roles = view.roles_at(hospital or DISTRICT)
    if view.kind == AccountKind.RESIDENT:
        permissions = frozenset() if identity_due else frozenset({OPEN_RECORDS})
    else:
        permissions = frozenset() if view.must_change_password else permissions_of(roles)
    stranger = bool(hospital) if view.kind == AccountKind.RESIDENT else not roles
    if stranger or not view.active or (view.networks and not addresses.within(ip, view.networks)):
        return None
    marks: list[str] = sorted(roles)
    if view.kind == AccountKind.STAFF and hospital and permissions and emergency.is_open(view.id, hospital):
        permissions, marks = permissions | emergency_permissions(), [*marks, emergency.MARK]
    return Actor(
        kind=_KINDS[view.kind],
        id=view.id,
        name=view.name,
        institution=hospital,
        role=",".join(marks),
        permissions=permissions,
        departments=view.departments,
        hidden=view.hidden,
        ip=ip,
        device=device,
        request_id=request_id,
    )


def identity_due(sign_in_id: UUID) -> bool:
    """Whether a sign-in that began on an unproven device still waits for name and document."""
    with region(read_only=True):
        return SignIn.objects.filter(id=sign_in_id, identity_due=True).exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class LivingSignIn:
    """One place an account is signed in at now."""

    id: UUID
    method: str
    hospital: str
    agent: str
    started_at: datetime
    expires_at: datetime


def living_sign_ins(account_id: UUID) -> list[LivingSignIn]:
    """Where an account is signed in, newest first; for the account itself. One query."""
    with region(read_only=True):
        rows = SignIn.objects.filter(user_id=account_id, ended_at__isnull=True, expires_at__gt=clock.now())
        return [
            LivingSignIn(
                id=row.id,
                method=SignInMethod(row.method).label,
                hospital=row.hospital,
                agent=row.agent,
                started_at=row.started_at,
                expires_at=row.expires_at,
            )
            for row in rows.order_by("-started_at")[:_SIGN_INS_SHOWN]
        ]


def staff_of(institution_code: str) -> list[StaffMembership]:
    """The memberships of one institution with their accounts, by name: one query."""
    with region(read_only=True):
        rows = StaffMembership.objects.filter(institution_code=institution_code, ended_at__isnull=True)
        return list(rows.select_related("user").order_by("user__display_name", "role"))


def holders(role: Role, institution_code: str) -> frozenset[UUID]:
    """The living accounts that hold a role at an institution (or at DISTRICT), inside an open scope. One query."""
    rows = StaffMembership.objects.filter(
        institution_code=institution_code, role=role, ended_at__isnull=True, user__state=AccountState.ACTIVE
    )
    return frozenset(rows.values_list("user_id", flat=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLine:
    """A member of an institution's staff, as its administrators list them."""

    user_id: UUID
    login_name: str
    name: str
    roles: tuple[Role, ...]
    disabled: bool
    locked: bool
    last_seen_at: datetime | None


def roster(institution_code: str) -> list[StaffLine]:
    """Everybody with a role at an institution, by name. One query."""
    lines: dict[UUID, StaffLine] = {}
    for row in staff_of(institution_code):
        known = lines.get(row.user_id)
        roles = (*(known.roles if known else ()), Role(row.role))
        lines[row.user_id] = StaffLine(
            user_id=row.user_id,
            login_name=row.user.login_name or "",
            name=row.user.display_name,
            roles=roles,
            disabled=row.user.state == AccountState.DISABLED,
            locked=row.user.locked_until is not None and row.user.locked_until > clock.now(),
            last_seen_at=row.user.last_seen_at,
        )
    return list(lines.values())


def staff_named(login_name: str, institution_code: str) -> UUID:
    """The staff account of a login name, if it has a role at this institution or none anywhere; NotFound otherwise."""
    with region(read_only=True):
        user = User.objects.filter(login_name=login_name.strip().lower(), kind=AccountKind.STAFF).first()
        if user is None:
            raise NotFound("没有这个登录名。请核对，或请系统管理员先建立账号。")
        here = StaffMembership.objects.filter(user=user, institution_code=institution_code, ended_at__isnull=True)
        if user.duty != Duty.NONE and not here.exists():
            raise NotFound("没有这个登录名。请核对，或请系统管理员先建立账号。")
        return user.id


def _memberships(user_id: UUID) -> tuple[tuple[str, Role], ...]:
    rows = StaffMembership.objects.filter(user_id=user_id, ended_at__isnull=True)
    return tuple((row.institution_code, Role(row.role)) for row in rows if _believed(row))


def _believed(row: StaffMembership | DataScope) -> bool:
    genuine = integrity.is_genuine(row)
    if not genuine:
        log.error("a role or scope was written past the hub", extra={"reason": str(row.id)})
    return genuine


def _to_json(view: AccountView) -> str:
    return json.dumps(
        {
            "id": str(view.id),
            "kind": view.kind,
            "active": view.active,
            "name": view.name,
            "change": view.must_change_password,
            "memberships": [[place, role] for place, role in view.memberships],
            "departments": None if view.departments is None else sorted(map(str, view.departments)),
            "hidden": sorted(view.hidden),
            "networks": list(view.networks),
        }
    )


def _from_json(text: str) -> AccountView:
    data = json.loads(text)
    return AccountView(
        id=UUID(data["id"]),
        kind=AccountKind(data["kind"]),
        active=data["active"],
        name=data["name"],
        must_change_password=data["change"],
        memberships=tuple((place, Role(role)) for place, role in data["memberships"]),
        departments=None if data["departments"] is None else frozenset(map(UUID, data["departments"])),
        hidden=frozenset(data["hidden"]),
        networks=tuple(data["networks"]),
    )

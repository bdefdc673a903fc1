"""Staff accounts and roles: the system administrator makes accounts, the security administrator gives them roles."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError

from hub.accounts import integrity, passwords, selectors, steps, totp
from hub.accounts.errors import LoginNameTaken
from hub.accounts.locks import lock_account
from hub.accounts.models import (
    DISTRICT,
    HIDEABLE,
    AccountKind,
    AccountState,
    DataScope,
    Duty,
    RecoveryCode,
    StaffMembership,
    TotpDevice,
    User,
)
from hub.accounts.permissions import GRANT_ROLES, MANAGE_ACCOUNTS, UNLOCK_ACCOUNTS
from hub.accounts.results import NewStaff
from hub.accounts.services.sign_ins import end_all_sign_ins
from hub.actor import Actor, ActorKind
from hub.errors import Forbidden, InvalidInput, NotFound
from hub.security.permissions import require
from hub.security.roles import ADMINISTRATORS, Role, RoleConflict, check_combination, check_level
from hub.tenancy.scope import REGION
from hub.work import Unit, work

VENDOR_LONGEST = timedelta(days=30)
"""Engineers of vendors have accounts that end by themselves (practice 22)."""


def create_staff(
    *,
    actor: Actor,
    login_name: str,
    display_name: str,
    institution_code: str = DISTRICT,
    roles: Iterable[Role] = (),
    password: str | None = None,
    with_totp: bool = False,
    must_change_password: bool = True,
) -> NewStaff:
    """Make a staff account. Without `password` one is generated; `with_totp` sets the second factor up at once.

    Roles in the same act need both administrators' permissions, which no person holds: only the hub itself, when it
    seeds an installation, passes any.
    """
    _require(actor, MANAGE_ACCOUNTS, institution_code)
    chosen = tuple(dict.fromkeys(roles))
    if chosen:
        _require(actor, GRANT_ROLES, institution_code)
    secret = totp.new_secret() if with_totp else None
    try:
        with work(REGION, actor=actor) as unit:
            user, chosen_password = _new_user(unit, login_name, display_name, password, must_change_password)
            codes: tuple[str, ...] = ()
            if secret:
                TotpDevice.objects.create(user=user, secret=secret, confirmed_at=unit.now)
                codes = totp.new_recovery_codes(user)
            unit.audit(
                "accounts.staff_created",
                target=f"account:{user.id}",
                detail={"login_name": user.login_name, "institution": institution_code},
            )
            for role in chosen:
                _grant(unit, user, institution_code, role)
    except IntegrityError as problem:
        raise LoginNameTaken(fields={"login_name": LoginNameTaken.text}) from problem
    name = user.login_name or ""
    return NewStaff(
        user_id=user.id,
        login_name=name,
        password=chosen_password,
        totp_secret=secret,
        totp_uri=totp.uri(secret, name) if secret else None,
        recovery_codes=codes,
    )


def grant_role(*, actor: Actor, user_id: UUID, institution_code: str, role: Role) -> None:
    """Give a role at one institution; forbidden combinations and one's own account are refused."""
    _require(actor, GRANT_ROLES, institution_code)
    if actor.id == user_id:
        raise Forbidden("不能给自己授予角色。")
    with work(REGION, actor=actor) as unit:
        _grant(unit, _staff(user_id), institution_code, role)
    selectors.forget(user_id)


def end_role(*, actor: Actor, user_id: UUID, institution_code: str, role: Role) -> None:
    """Take a role back; effective with the next request."""
    _require(actor, GRANT_ROLES, institution_code)
    with work(REGION, actor=actor) as unit:
        user = _staff(user_id)
        held = StaffMembership.objects.filter(user=user, ended_at__isnull=True)
        here = held.filter(institution_code=institution_code, role=role).first()
        if here is None:
            raise NotFound
        steps.end_membership(unit, here)
        if actor.institution is None and not held.exists():
            user.duty = Duty.NONE
            user.save(update_fields=["duty"])
        unit.audit(
            "accounts.role_ended",
            target=f"account:{user.id}",
            detail={"institution": institution_code, "role": role},
        )
    selectors.forget(user_id)


def set_data_scope(
    *,
    actor: Actor,
    user_id: UUID,
    institution_code: str,
    departments: frozenset[UUID] | None,
    hidden: frozenset[str],
) -> None:
    """Narrow, or widen again, what of an institution's data one of its staff sees; effective with the next request.

    None of `departments` is all of them. Nobody sets his own. Forbidden, NotFound (no role there), InvalidInput.
    """
    _require(actor, GRANT_ROLES, institution_code)
    if actor.id == user_id:
        raise Forbidden("不能设定自己的数据范围。")
    if not hidden <= frozenset(HIDEABLE):
        raise InvalidInput("没有这种字段。")
    with work(REGION, actor=actor) as unit:
        user = _member(user_id, institution_code)
        named = None if departments is None else sorted(map(str, departments))
        here = DataScope.objects.filter(user=user, institution_code=institution_code)
        before: dict[str, object] = dict(here.values("departments", "hidden").first() or {})
        if named is None and not hidden:
            here.delete()
        else:
            scope = here.first() or DataScope(user=user, institution_code=institution_code)
            scope.departments, scope.hidden = named, sorted(hidden)
            scope.changed_by, scope.changed_at = actor.id, unit.now
            integrity.seal(scope)
            scope.save()
        unit.audit(
            "accounts.scope_set",
            target=f"account:{user.id}",
            detail={
                "institution": institution_code,
                "departments": "all" if named is None else len(named),
                "hidden": sorted(hidden),
            },
            before=before,
            after={"departments": named, "hidden": sorted(hidden)},
        )
    selectors.forget(user_id)


def disable_account(*, actor: Actor, user_id: UUID, institution_code: str = DISTRICT) -> None:
    """Stop an account for good or for a while; its sign-ins end at once."""
    _require(actor, MANAGE_ACCOUNTS, institution_code)
    with work(REGION, actor=actor) as unit:
        user = _member(user_id, institution_code)
        user.state = AccountState.DISABLED
        user.save(update_fields=["state"])
        unit.audit("accounts.disabled", target=f"account:{user.id}")
    selectors.forget(user_id)
    end_all_sign_ins(actor=actor, user_id=user_id, reason="account_disabled")


def enable_account(*, actor: Actor, user_id: UUID, institution_code: str = DISTRICT) -> None:
    """Let a disabled account sign in again."""
    _require(actor, MANAGE_ACCOUNTS, institution_code)
    with work(REGION, actor=actor) as unit:
        user = _member(user_id, institution_code)
        user.state = AccountState.ACTIVE
        user.save(update_fields=["state"])
        unit.audit("accounts.enabled", target=f"account:{user.id}")
    selectors.forget(user_id)


def follow_platform(*, actor: Actor, user_id: UUID, enabled: bool) -> None:
    """Disable or enable as the district's platform does, wherever the roles lie; disabling ends all sign-ins."""
    if actor.kind is not ActorKind.SYSTEM:
        raise Forbidden
    with work(REGION, actor=actor) as unit:
        user = _staff(user_id)
        user.state = AccountState.ACTIVE if enabled else AccountState.DISABLED
        user.save(update_fields=["state"])
        unit.audit(
            "accounts.enabled" if enabled else "accounts.disabled", target=f"account:{user.id}", reason="platform"
        )
    selectors.forget(user_id)
    if not enabled:
        end_all_sign_ins(actor=actor, user_id=user_id, reason="account_disabled")


def set_expiry(*, actor: Actor, user_id: UUID, until: datetime | None, institution_code: str = DISTRICT) -> None:
    """Let an account end by itself (vendor engineers, interns); None: no end. One in the past ends its sign-ins too."""
    _require(actor, MANAGE_ACCOUNTS, institution_code)
    with work(REGION, actor=actor) as unit:
        user = _member(user_id, institution_code)
        before, user.expires_at = user.expires_at, until
        user.save(update_fields=["expires_at"])
        unit.audit(
            "accounts.expiry_set",
            target=f"account:{user.id}",
            detail={"before": str(before or ""), "until": str(until or "")},
        )
    selectors.forget(user_id)
    if until is not None and until <= unit.now:
        end_all_sign_ins(actor=actor, user_id=user_id, reason="account_expired")


def revoke_sign_ins(*, actor: Actor, user_id: UUID, institution_code: str = DISTRICT) -> int:
    """Sign an account out everywhere, at once; how many sign-ins that were."""
    _require(actor, UNLOCK_ACCOUNTS, institution_code)
    with work(REGION, actor=actor) as unit:
        user = _member(user_id, institution_code)
        unit.audit("accounts.signed_out_by_admin", target=f"account:{user.id}")
    return end_all_sign_ins(actor=actor, user_id=user_id, reason="revoked")


def unlock_account(*, actor: Actor, user_id: UUID, institution_code: str = DISTRICT) -> None:
    """Lift a lock before its half hour is over."""
    _require(actor, UNLOCK_ACCOUNTS, institution_code)
    with work(REGION, actor=actor) as unit:
        user = _member(user_id, institution_code)
        user.failed_attempts, user.locked_until = 0, None
        user.save(update_fields=["failed_attempts", "locked_until"])
        unit.audit("accounts.unlocked", target=f"account:{user.id}")


def reset_totp(*, actor: Actor, user_id: UUID, institution_code: str = DISTRICT) -> None:
    """Forget a lost second factor; the person sets up a new one at the next sign-in."""
    _require(actor, UNLOCK_ACCOUNTS, institution_code)
    with work(REGION, actor=actor) as unit:
        user = _member(user_id, institution_code)
        TotpDevice.objects.filter(user=user).delete()
        RecoveryCode.objects.filter(user=user, used_at__isnull=True).update(used_at=unit.now)
        unit.audit("accounts.totp_reset", target=f"account:{user.id}")
    end_all_sign_ins(actor=actor, user_id=user_id, reason="totp_reset")


def _require(actor: Actor, permission: str, institution_code: str) -> None:
    if actor.kind is ActorKind.SYSTEM:
        return
    require(actor, permission)
    if actor.institution is not None and actor.institution != institution_code:
        raise NotFound


def _new_user(
    unit: Unit, login_name: str, display_name: str, password: str | None, must_change: bool
) -> tuple[User, str]:
    user = User(
        kind=AccountKind.STAFF,
        login_name=login_name.strip().lower(),
        display_name=display_name.strip(),
        must_change_password=must_change,
        created_at=unit.now,
        password_changed_at=unit.now,
    )
    secret = password or passwords.generate(user)
    passwords.check_new(user, secret)
    user.password = make_password(secret)
    user.save(force_insert=True)
    return user, secret


def _grant(unit: Unit, user: User, institution_code: str, role: Role) -> None:
    check_level(role, at_district=institution_code == DISTRICT)
    if role is Role.VENDOR and (user.expires_at is None or user.expires_at > unit.now + VENDOR_LONGEST):
        raise Forbidden("厂商工程师的账号须先由系统管理员设定 30 天以内的有效期。")
    held = StaffMembership.objects.filter(user=user, ended_at__isnull=True)
    check_combination([*(Role(r) for r in held.values_list("role", flat=True)), role])
    duty = Duty.ADMINISTRATION if role in ADMINISTRATORS else Duty.BUSINESS
    if user.duty not in (Duty.NONE, duty):
        raise RoleConflict
    if user.duty != duty:
        user.duty = duty
        user.save(update_fields=["duty"])
    if held.filter(institution_code=institution_code, role=role).exists():
        return
    try:
        made = StaffMembership(
            user=user, institution_code=institution_code, role=role, granted_by=unit.actor.id, granted_at=unit.now
        )
        integrity.seal(made)
        made.save(force_insert=True)
    except IntegrityError as problem:
        raise RoleConflict from problem
    unit.audit(
        "accounts.role_granted", target=f"account:{user.id}", detail={"institution": institution_code, "role": role}
    )


def _staff(user_id: UUID) -> User:
    user = lock_account(user_id)
    if user is None or user.kind == AccountKind.RESIDENT:
        raise NotFound
    return user


def _member(user_id: UUID, institution_code: str) -> User:
    """The account, if it is one of this institution's (an account without any role belongs to the district)."""
    user = _staff(user_id)
    held = StaffMembership.objects.filter(user=user, institution_code=institution_code, ended_at__isnull=True)
    if not held.exists() and not (institution_code == DISTRICT and user.duty == Duty.NONE):
        raise NotFound
    return user

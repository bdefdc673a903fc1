"""Parts of sign-in shared by the services; they run inside somebody's unit of work on public."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

from hub.accounts import digests, integrity
from hub.accounts.events import HandleUnbound
from hub.accounts.models import (
    AccountKind,
    HandleKind,
    KnownDevice,
    LoginHandle,
    RefreshToken,
    SignIn,
    SignInMethod,
    StaffMembership,
    User,
)
from hub.accounts.results import Client, SignedIn
from hub.accounts.sessions import RESIDENT_ABSOLUTE, STAFF_ABSOLUTE
from hub.security import blind
from hub.work import Unit

IDLE_DEVICE = timedelta(days=60)
REFRESH_LIFETIME = timedelta(days=30)
_INDEX = {
    HandleKind.PHONE: "accounts.phone",
    HandleKind.WECHAT: "accounts.wechat",
    HandleKind.ALIPAY: "accounts.alipay",
    HandleKind.CITY_APP: "accounts.city_app",
}
_AGENT_LENGTH = 120


def account_of_handle(kind: HandleKind, subject: str, *, realm: str = "") -> User | None:
    """The account a phone or openid opens now."""
    handle = (
        LoginHandle.objects.filter(
            kind=kind, realm=realm, subject_index__in=handle_indexes(kind, subject), ended_at__isnull=True
        )
        .select_related("user")
        .first()
    )
    return handle.user if handle else None


def handle_indexes(kind: HandleKind, subject: str) -> list[bytes]:
    """The blind indexes of a handle, the active one first."""
    return blind.candidates(_INDEX[kind], subject)


def add_handle(user: User, kind: HandleKind, subject: str, *, realm: str = "") -> LoginHandle:
    """Let a phone or openid open this account."""
    return LoginHandle.objects.create(
        user=user,
        kind=kind,
        realm=realm,
        subject_index=blind.index(_INDEX[kind], subject),
        subject=subject,
    )


def end_handle(unit: Unit, row: LoginHandle, *, but: UUID | None) -> None:
    """A way in is taken away; whoever came by it is signed out after, but the sign-in it is done from."""
    row.ended_at = unit.now
    row.save(update_fields=["ended_at"])
    unit.audit("accounts.handle_unbound", target=f"account:{row.user_id}", detail={"kind": row.kind})
    unit.publish(HandleUnbound(account_id=row.user_id, kind=row.kind, but=but, handle_id=row.id))


def create_resident(unit: Unit, *, display_name: str) -> User:
    """A resident's account: no name, no password; its handles follow."""
    user = User(kind=AccountKind.RESIDENT, display_name=display_name, created_at=unit.now, last_seen_at=unit.now)
    user.set_unusable_password()
    user.save(force_insert=True)
    unit.audit("accounts.account_created", target=f"account:{user.id}", detail={"kind": user.kind})
    return user


def open_sign_in(unit: Unit, *, user: User, method: SignInMethod, client: Client, new_account: bool) -> SignedIn:
    """Record a sign-in whose proofs were right, and what it issues."""
    resident = user.kind == AccountKind.RESIDENT
    absolute = RESIDENT_ABSOLUTE if resident else STAFF_ABSOLUTE
    due = resident and _identity_due(unit, user, client, new_account=new_account)
    sign_in = SignIn.objects.create(
        user=user,
        method=method,
        hospital=client.hospital,
        device_digest=digests.of(client.device),
        agent=client.agent[:_AGENT_LENGTH],
        started_at=unit.now,
        expires_at=unit.now + absolute,
        identity_due=due,
    )
    User.objects.filter(id=user.id).update(last_seen_at=unit.now)
    unit.audit(
        "accounts.signed_in",
        target=f"account:{user.id}",
        detail={"sign_in": str(sign_in.id), "method": method, "identity_due": due, "new_account": new_account},
    )
    return SignedIn(
        sign_in_id=sign_in.id,
        user_id=user.id,
        kind=AccountKind(user.kind),
        name=user.display_name,
        hospital=client.hospital,
        identity_due=due,
        new_account=new_account,
        expires_at=sign_in.expires_at,
        must_change_password=user.must_change_password,
        device=digests.device_name(sign_in.device_digest),
        refresh_token=add_refresh_token(unit, sign_in) if client.wants_tokens else None,
    )


def end_membership(unit: Unit, row: StaffMembership) -> None:
    """Take a role back; its MAC covers the end, so that nobody gives it back past the hub."""
    row.ended_at = unit.now
    integrity.seal(row)
    row.save(update_fields=["ended_at", "mac_key", "mac"])


def add_refresh_token(unit: Unit, sign_in: SignIn) -> str:
    """A new refresh token of this sign-in; the caller alone ever sees it."""
    token = secrets.token_urlsafe(32)
    RefreshToken.objects.create(
        sign_in=sign_in,
        token_digest=digests.of(token),
        created_at=unit.now,
        expires_at=min(sign_in.expires_at, unit.now + REFRESH_LIFETIME),
    )
    return token


def _identity_due(unit: Unit, user: User, client: Client, *, new_account: bool) -> bool:
    """Numbers are re-issued after 90 days: only a device that has proven who holds it, lately, is believed."""
    device, _made = KnownDevice.objects.get_or_create(
        user=user,
        device_digest=digests.of(client.device),
        defaults={
            "first_seen_at": unit.now,
            "last_seen_at": unit.now,
            "proven_at": unit.now if new_account else None,
        },
    )
    idle = unit.now - device.last_seen_at > IDLE_DEVICE
    if idle:
        device.proven_at = None
    device.last_seen_at = unit.now
    device.save(update_fields=["last_seen_at", "proven_at"])
    return device.proven_at is None

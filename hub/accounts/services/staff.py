"""Staff: password, then TOTP; five failures lock the account for half an hour."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password

from hub.accounts import addresses, passwords, selectors, steps, totp
from hub.accounts.access import own_account
from hub.accounts.errors import CredentialsWrong, SecondFactorDue
from hub.accounts.locks import lock_account
from hub.accounts.models import DISTRICT, AccountKind, SignInMethod, StaffMembership, TotpDevice, User
from hub.accounts.results import Client, PasswordAccepted, SignedIn, TotpEnrolment
from hub.accounts.services.sign_ins import end_all_sign_ins
from hub.actor import Actor
from hub.api import throttling
from hub.errors import NotSignedIn
from hub.security.roles import ADMINISTRATORS
from hub.tenancy.scope import REGION, region
from hub.work import Unit, work

MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=30)
_CODE_LENGTH = 6  # of the authenticator; passwords are longer


def sign_in_staff(*, actor: Actor, login_name: str, password: str, hospital: str) -> PasswordAccepted:
    """The first factor, on one host ("" is the district's).

    Unknown name, wrong password, locked, disabled and foreign account get one answer, after the same work.
    """
    throttling.take("auth.staff", f"ip:{actor.ip}")
    with region(read_only=True):
        found = User.objects.filter(login_name=login_name.strip().lower()).exclude(kind=AccountKind.RESIDENT).first()
    # Hashing takes a while: it is done outside the transaction, the lock is decided inside.
    right = check_password(password, found.password if found else _nobodys_hash()) and found is not None
    accepted: PasswordAccepted | None = None
    with work(REGION, actor=actor) as unit:
        user = lock_account(found.id) if found else None
        if user is not None and right and _may_enter(unit, user, hospital):
            if passwords.is_too_old(user) and not user.must_change_password:
                user.must_change_password = True
                user.save(update_fields=["must_change_password"])
            enrolled = TotpDevice.objects.filter(user=user, confirmed_at__isnull=False).exists()
            accepted = PasswordAccepted(user_id=user.id, hospital=hospital, needs_enrolment=not enrolled)
            unit.audit("accounts.password_accepted", target=f"account:{user.id}")
        elif user is not None:
            _count_failure(unit, user, "wrong_password")
        else:
            unit.audit("accounts.sign_in_refused", target="account:unknown", outcome="failure", reason="unknown_name")
    if accepted is None:
        raise CredentialsWrong
    return accepted


def accept_first_factor(*, actor: Actor, user_id: UUID, hospital: str) -> PasswordAccepted:
    """The first factor was proven elsewhere (the district's platform); CredentialsWrong for who may not enter here."""
    accepted: PasswordAccepted | None = None
    with work(REGION, actor=actor) as unit:
        user = lock_account(user_id)
        if user is not None and _may_enter(unit, user, hospital):
            enrolled = TotpDevice.objects.filter(user=user, confirmed_at__isnull=False).exists()
            accepted = PasswordAccepted(user_id=user.id, hospital=hospital, needs_enrolment=not enrolled)
            unit.audit("accounts.first_factor_accepted", target=f"account:{user.id}")
        else:
            unit.audit(
                "accounts.sign_in_refused", target=f"account:{user_id}", outcome="failure", reason="may_not_enter"
            )
    if accepted is None:
        raise CredentialsWrong
    return accepted


def verify_totp(*, actor: Actor, accepted: PasswordAccepted, code: str, client: Client) -> SignedIn:
    """The second factor: a TOTP code, or a recovery code in its place. Failures count towards the lock."""
    throttling.take("auth.staff", f"ip:{actor.ip}")
    result: SignedIn | None = None
    with work(REGION, actor=actor) as unit:
        user = lock_account(accepted.user_id)
        if user is None:
            raise SecondFactorDue
        method = _second_factor(user, code) if _may_enter(unit, user, accepted.hospital) else None
        if method is None:
            _count_failure(unit, user, "wrong_second_factor")
        else:
            user.failed_attempts, user.locked_until = 0, None
            user.save(update_fields=["failed_attempts", "locked_until"])
            result = steps.open_sign_in(unit, user=user, method=method, client=client, new_account=False)
    if result is None:
        raise CredentialsWrong
    selectors.forget(accepted.user_id)
    return result


def begin_totp(*, actor: Actor, accepted: PasswordAccepted) -> TotpEnrolment:
    """A secret to scan, for an account without a second factor, after its password was right."""
    with work(REGION, actor=actor) as unit:
        user = lock_account(accepted.user_id)
        if user is None or TotpDevice.objects.filter(user=user, confirmed_at__isnull=False).exists():
            raise SecondFactorDue
        secret = totp.new_secret()
        TotpDevice.objects.update_or_create(user=user, defaults={"secret": secret, "last_step": 0})
        unit.audit("accounts.totp_begun", target=f"account:{user.id}")
        return TotpEnrolment(secret=secret, uri=totp.uri(secret, user.login_name or ""))


def confirm_totp(*, actor: Actor, accepted: PasswordAccepted, code: str) -> tuple[str, ...]:
    """The app shows the right code: the second factor counts from now on. Answers the recovery codes, shown once."""
    throttling.take("auth.staff", f"ip:{actor.ip}")
    codes: tuple[str, ...] = ()
    with work(REGION, actor=actor) as unit:
        user = lock_account(accepted.user_id)
        if user is None:
            raise SecondFactorDue
        device = TotpDevice.objects.select_for_update().filter(user=user, confirmed_at__isnull=True).first()
        if device is not None and totp.accept(device, code):
            device.confirmed_at = unit.now
            device.last_step = 0  # the same code may go on to the sign-in it was typed for
            device.save(update_fields=["confirmed_at", "last_step"])
            codes = totp.new_recovery_codes(user)
            unit.audit("accounts.totp_confirmed", target=f"account:{user.id}")
        else:
            _count_failure(unit, user, "wrong_enrolment_code")
    if not codes:
        raise CredentialsWrong
    return codes


def prove_again(*, actor: Actor, proof: str) -> None:
    """Prove oneself again before a high-risk act: a code of the authenticator, a recovery code or the password.

    CredentialsWrong otherwise; failures count towards the lock like those of a sign-in, and the fifth ends every
    sign-in of the account, this one too.
    """
    account_id = own_account(actor)
    throttling.take("auth.staff", f"account:{account_id}")
    with region(read_only=True):
        held = User.objects.filter(id=account_id).values_list("password", flat=True).first() or ""
    # A password is hashed outside the transaction, and only when what was typed can't be a code.
    by_password = len(proof) > _CODE_LENGTH and check_password(proof, held)
    right = locked = False
    with work(REGION, actor=actor) as unit:
        user = lock_account(account_id)
        if user is None:
            raise NotSignedIn
        locked = user.locked_until is not None and user.locked_until > unit.now
        right = not locked and (by_password or _second_factor(user, proof) is not None)
        if right:
            user.failed_attempts = 0
            user.save(update_fields=["failed_attempts"])
            unit.audit("accounts.proven_again", target=f"account:{user.id}")
        else:
            _count_failure(unit, user, "wrong_step_up")
            locked = user.locked_until is not None
    if locked:
        end_all_sign_ins(actor=actor, user_id=account_id, reason="locked")
    if not right:
        raise CredentialsWrong


def change_password(*, actor: Actor, old: str, new: str) -> None:
    """Change one's own password; every other sign-in of the account ends."""
    account_id = own_account(actor)
    with work(REGION, actor=actor) as unit:
        user = lock_account(account_id)
        if user is None:
            raise NotSignedIn
        right = check_password(old, user.password)
        if right:
            passwords.check_new(user, new)
            passwords.set_new(user, new)
            user.save(update_fields=["password", "password_changed_at", "must_change_password"])
            unit.audit("accounts.password_changed", target=f"account:{user.id}")
        else:
            _count_failure(unit, user, "wrong_old_password")
    selectors.forget(account_id)
    if not right:
        raise CredentialsWrong
    end_all_sign_ins(actor=actor, user_id=account_id, reason="password_changed")


def _may_enter(unit: Unit, user: User, hospital: str) -> bool:
    if user.locked_until is not None and user.locked_until > unit.now:
        return False
    place = hospital or DISTRICT
    held = StaffMembership.objects.filter(user=user, institution_code=place, ended_at__isnull=True)
    roles = set(held.values_list("role", flat=True))
    if roles & ADMINISTRATORS:
        networks = selectors.networks_at(place)
        if networks and not addresses.within(unit.actor.ip, networks):
            unit.audit("accounts.address_refused", target=f"account:{user.id}", outcome="failure", reason=unit.actor.ip)
            return False
    return user.is_active and bool(roles)


def _second_factor(user: User, code: str) -> SignInMethod | None:
    device = TotpDevice.objects.select_for_update().filter(user=user, confirmed_at__isnull=False).first()
    if device is None:
        return None
    if totp.accept(device, code):
        return SignInMethod.PASSWORD_TOTP
    return SignInMethod.RECOVERY if totp.accept_recovery(user, code) else None


def _count_failure(unit: Unit, user: User, reason: str) -> None:
    if user.locked_until is not None and user.locked_until <= unit.now:
        user.failed_attempts, user.locked_until = 0, None
    if user.locked_until is None:
        user.failed_attempts += 1
        if user.failed_attempts >= MAX_FAILURES:
            user.locked_until = unit.now + LOCKED_FOR
            unit.audit("accounts.locked", target=f"account:{user.id}", reason=reason)
        user.save(update_fields=["failed_attempts", "locked_until"])
    unit.audit("accounts.sign_in_refused", target=f"account:{user.id}", outcome="failure", reason=reason)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return make_password(passwords.generate(User()))

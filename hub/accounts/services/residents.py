"""Residents: sign-in by phone code, and what a re-issued number needs."""

from __future__ import annotations

from uuid import UUID

from hub.accounts import digests, phone_codes, phones, selectors, steps
from hub.accounts.access import own_account
from hub.accounts.errors import CodeWrong, PhoneOwn, PhoneTaken
from hub.accounts.events import HandleBound
from hub.accounts.locks import lock_account, lock_subject
from hub.accounts.models import (
    CodePurpose,
    HandleKind,
    KnownDevice,
    LoginHandle,
    PhoneCode,
    SignIn,
    SignInMethod,
    User,
)
from hub.accounts.results import Client, CodeRequested, CodeSent, SignedIn
from hub.actor import Actor
from hub.api import throttling
from hub.errors import HubError, NotFound
from hub.security import masking
from hub.tenancy.scope import REGION, region
from hub.tenancy.statements import Select
from hub.work import Unit, work

# The oldest: an account that took over another keeps its own phone for messages.
_PHONE = Select(
    LoginHandle,
    "user_id = %(user)s AND kind = 'phone' AND ended_at IS NULL ORDER BY created_at",
    only=("id", "subject"),
)


def request_phone_code(*, actor: Actor, phone: str, purpose: CodePurpose, binding: str) -> CodeRequested:
    """Send a code to a phone, for one purpose and one session. Whether the phone is known is never looked at."""
    number = phones.e164(phone)
    throttling.take("auth.code", f"ip:{actor.ip}")
    with work(REGION, actor=actor) as unit:
        issued = phone_codes.issue(unit, phone=number, purpose=purpose, binding=binding)
    return CodeRequested(
        code_id=issued.id,
        expires_in=int(phone_codes.LIFETIME.total_seconds()),
        resend_after=int(phone_codes.RESEND_AFTER.total_seconds()),
    )


def code_sent(*, code_id: UUID, binding: str) -> CodeSent | None:
    """A code this session asked for, so that its page can be shown again; None for anybody else's. One query."""
    with region(read_only=True):
        row = PhoneCode.objects.filter(id=code_id, binding=digests.of(binding)).first()
    if row is None:
        return None
    return CodeSent(
        phone=row.phone, masked=masking.phone(row.phone), again_at=row.created_at + phone_codes.RESEND_AFTER
    )


def check_phone_code(*, actor: Actor, phone: str, purpose: CodePurpose, binding: str, code: str) -> None:
    """Spend a code of another purpose than sign-in; CodeWrong, with the try counted."""
    number = phones.e164(phone)
    with work(REGION, actor=actor) as unit:
        right = _spend(unit, number, purpose, binding, code)
    if not right:
        raise CodeWrong


def holder_of_phone(*, actor: Actor, phone: str, binding: str, code: str) -> UUID | None:
    """The account a phone opens, for whoever shows the code sent to it; None where it opens none. CodeWrong."""
    number = phones.e164(phone)
    throttling.take("auth.token", f"ip:{actor.ip}")
    holder = None
    with work(REGION, actor=actor) as unit:
        right = _spend(unit, number, CodePurpose.MERGE, binding, code)
        if right:
            holder = steps.account_of_handle(HandleKind.PHONE, number)
    if not right:
        raise CodeWrong
    return holder.id if holder else None


def sign_in_with_code(*, actor: Actor, phone: str, code: str, client: Client) -> SignedIn:
    """Sign a resident in; a phone nobody signed in with before gets an account."""
    number = phones.e164(phone)
    throttling.take("auth.token", f"ip:{actor.ip}")
    result: SignedIn | None = None
    with work(REGION, actor=actor) as unit:
        lock_subject(number)
        if _spend(unit, number, CodePurpose.SIGN_IN, client.binding, code):
            user = steps.account_of_handle(HandleKind.PHONE, number)
            made = user is None
            if user is None:
                user = steps.create_resident(unit, display_name=masking.phone(number))
                steps.add_handle(user, HandleKind.PHONE, number)
            if user.is_active:
                result = steps.open_sign_in(unit, user=user, method=SignInMethod.PHONE, client=client, new_account=made)
    if result is None:
        raise CodeWrong
    return result


def prove_identity(*, actor: Actor, sign_in_id: UUID) -> None:
    """Name and document were checked against the account's persons: this device may open records from now on."""
    account_id = own_account(actor)
    with work(REGION, actor=actor) as unit:
        sign_in = SignIn.objects.select_for_update().filter(id=sign_in_id, user_id=account_id).first()
        if sign_in is None:
            raise NotFound
        sign_in.identity_due = False
        sign_in.save(update_fields=["identity_due"])
        KnownDevice.objects.filter(user_id=account_id, device_digest=bytes(sign_in.device_digest)).update(
            proven_at=unit.now
        )
        unit.audit("accounts.identity_proven", target=f"account:{account_id}", detail={"sign_in": str(sign_in_id)})


def split_phone_to_new_account(*, actor: Actor, sign_in_id: UUID, client: Client) -> SignedIn:
    """The number was re-issued: whoever holds it now gets an account of his own, the old one keeps its records.

    Only a sign-in by that phone whose identity is still due can do it.
    """
    account_id = own_account(actor)
    with work(REGION, actor=actor) as unit:
        old = SignIn.objects.select_for_update().filter(id=sign_in_id, user_id=account_id, identity_due=True).first()
        if old is None or old.method != SignInMethod.PHONE or old.ended_at is not None:
            raise NotFound
        handle = (
            LoginHandle.objects.select_for_update()
            .filter(user_id=account_id, kind=HandleKind.PHONE, ended_at__isnull=True)
            .first()
        )
        if handle is None:
            raise NotFound
        number = handle.subject
        handle.ended_at = unit.now
        handle.save(update_fields=["ended_at"])
        old.ended_at, old.end_reason = unit.now, "phone_reissued"
        old.save(update_fields=["ended_at", "end_reason"])
        user = steps.create_resident(unit, display_name=masking.phone(number))
        steps.add_handle(user, HandleKind.PHONE, number)
        unit.audit("accounts.phone_reissued", target=f"account:{account_id}", detail={"new_account": str(user.id)})
        return steps.open_sign_in(unit, user=user, method=SignInMethod.PHONE, client=client, new_account=True)


def bind_phone(*, actor: Actor, phone: str, code: str, binding: str) -> None:
    """Add a phone to a signed-in account (begun in WeChat), by a code sent to it."""
    account_id = own_account(actor)
    number = phones.e164(phone)
    with work(REGION, actor=actor) as unit:
        lock_subject(number)
        refusal = _unfit(unit, account_id, number, binding, code)
        if refusal is None:
            _add_phone(unit, User.objects.get(id=account_id), number)
    if refusal is not None:
        raise refusal


def change_phone(
    *, actor: Actor, handle_id: UUID, phone: str, code: str, binding: str, sign_in_id: UUID | None
) -> None:
    """Another phone, by a code sent to it, opens the account in place of `handle_id`'s; at once, or not at all.

    Whoever came by the old one is signed out, but `sign_in_id`, from which it is asked. What the holder proves before
    is the caller's: `accountlife.changing`. NotFound, CodeWrong, PhoneTaken, PhoneOwn.
    """
    account_id = own_account(actor)
    number = phones.e164(phone)
    with work(REGION, actor=actor) as unit:
        old = living_phone(account_id, handle_id)
        # A sign-in by either number comes before this or after it; in one order, so that two changes never block.
        for subject in sorted({old.subject, number}):
            lock_subject(subject)
        user = lock_account(account_id)
        old = living_phone(account_id, handle_id)
        if user is None:
            raise NotFound
        refusal = _unfit(unit, account_id, number, binding, code)
        if refusal is None:
            steps.end_handle(unit, old, but=sign_in_id)
            _add_phone(unit, user, number)
            if user.display_name == masking.phone(old.subject):
                user.display_name = masking.phone(number)
                user.save(update_fields=["display_name"])
    if refusal is not None:
        raise refusal
    selectors.forget(account_id)


def living_phone(account_id: UUID, handle_id: UUID) -> LoginHandle:
    """A phone that opens this account now, in an open scope; NotFound for anything else. One query."""
    row = LoginHandle.objects.filter(
        id=handle_id, user_id=account_id, kind=HandleKind.PHONE, ended_at__isnull=True
    ).first()
    if row is None:
        raise NotFound
    return row


def openid_of(user_id: UUID, appid: str) -> str | None:
    """The account's openid at one WeChat appid, for paying there."""
    with region(read_only=True):
        handle = (
            LoginHandle.objects.filter(user_id=user_id, kind=HandleKind.WECHAT, realm=appid, ended_at__isnull=True)
            .order_by("created_at")
            .first()
        )
    return handle.subject if handle else None


def phone_of(user_id: UUID) -> str | None:
    """The phone the account signs in with, for proving its holder."""
    with region(read_only=True):
        handle = _PHONE.first(user=user_id)
    return handle.subject if handle else None


def _add_phone(unit: Unit, user: User, number: str) -> None:
    made = steps.add_handle(user, HandleKind.PHONE, number)
    unit.publish(HandleBound(account_id=user.id, handle_id=made.id))
    unit.audit("accounts.phone_bound", target=f"account:{user.id}", detail={"phone": masking.phone(number)})


def _unfit(unit: Unit, account_id: UUID, number: str, binding: str, code: str) -> HubError | None:
    """Why this phone can't be added. The try is counted: the caller lets the unit commit before refusing."""
    if not _spend(unit, number, CodePurpose.BIND_PHONE, binding, code):
        return CodeWrong()
    holder = steps.account_of_handle(HandleKind.PHONE, number)
    if holder is None:
        return None
    return PhoneOwn() if holder.id == account_id else PhoneTaken()


def _spend(unit: Unit, number: str, purpose: CodePurpose, binding: str, code: str) -> bool:
    right = phone_codes.passes(unit, phone=number, purpose=purpose, binding=binding, code=code)
    unit.audit(
        "accounts.code_checked",
        target=f"phone:{masking.phone(number)}",
        outcome="success" if right else "failure",
        detail={"purpose": purpose},
    )
    return right

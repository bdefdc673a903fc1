"""The phone one signs in with, changed: the holder shows who he is, then that the new number is his.

He shows a code sent to the old number. Where that number is lost: another way that opens this account, freshly
authorised, and name and document (practice 1). A device that has not proven who holds it needs name and document with a
code too, for numbers are re-issued. Who can do neither is helped at a desk, by a merge (`merging.propose_at_desk`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from hub import clock
from hub.accounts import handles, phones, platforms
from hub.accounts.handles import HandleView
from hub.accounts.models import CodePurpose, HandleKind
from hub.accounts.permissions import OPEN_RECORDS
from hub.accounts.platforms import Platform
from hub.accounts.results import CodeRequested
from hub.accounts.services import change_phone, check_phone_code, request_phone_code, residents
from hub.accounts.services import platforms as ways
from hub.actor import Actor
from hub.errors import InvalidInput
from hub.security import masking
from hub.tenancy.scope import region
from regional_services.accountlife.errors import NotThisAccount, ProofDue
from regional_services.identity import endings, proofs
from regional_services.identity.access import account

PROOF_LASTS = timedelta(minutes=15)  # to find the other phone and read a code from it, without hurry


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What the holder has shown so far of one change; the page keeps it in the session, on the server."""

    handle_id: UUID
    by: HandleKind
    at: datetime
    named: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """What somebody without his old number can prove himself by; nothing of it: the desk."""

    verified: bool
    platforms: tuple[Platform, ...]


def phone(actor: Actor, handle_id: UUID) -> HandleView:
    """The phone to be changed, masked. NotFound unless it opens the caller's account. One query."""
    with region(read_only=True):
        return handles.view_of(residents.living_phone(account(actor), handle_id))


def without_it(actor: Actor) -> Lost:
    """Other ways that would do. Two queries."""
    with region(read_only=True):
        bound = {row.kind for row in handles.handles_of(account(actor))}
        verified = endings.verified_self(account(actor)) is not None
    return Lost(verified=verified, platforms=tuple(one for one in platforms.open_platforms() if one.kind in bound))


def ask_old(*, actor: Actor, handle_id: UUID, binding: str) -> CodeRequested:
    """A code to the old number. NotFound, CodeTooSoon."""
    return request_phone_code(
        actor=actor, phone=_number(actor, handle_id), purpose=CodePurpose.CHANGE_PHONE, binding=binding
    )


def prove_by_old(*, actor: Actor, handle_id: UUID, code: str, binding: str) -> Proof:
    """The code sent to the old number is shown. NotFound, CodeWrong."""
    number = _number(actor, handle_id)
    check_phone_code(actor=actor, phone=number, purpose=CodePurpose.CHANGE_PHONE, binding=binding, code=code)
    return Proof(handle_id=handle_id, by=HandleKind.PHONE, at=clock.now())


def prove_by_platform(*, actor: Actor, handle_id: UUID, platform: Platform, ask_id: UUID, binding: str) -> Proof:
    """A user of the platform that opens this account authorised just now; the ask is spent.

    NotFound, AuthorisationPending, AuthorisationRefused, NotThisAccount.
    """
    phone(actor, handle_id)
    if ways.holder_of(actor=actor, platform=platform, ask_id=ask_id, binding=binding) != account(actor):
        raise NotThisAccount
    return Proof(handle_id=handle_id, by=platform.kind, at=clock.now())


def name_due(actor: Actor, proof: Proof) -> bool:
    """Whether name and document are still to be shown. At most one query."""
    if proof.named:
        return False
    if proof.by is not HandleKind.PHONE:
        return True
    if actor.may(OPEN_RECORDS):
        return False
    with region(read_only=True):
        return endings.verified_self(account(actor)) is not None


def prove_name(
    *, actor: Actor, proof: Proof, sign_in_id: UUID, name: str, document_type: str, document_number: str
) -> Proof:
    """Name and document of the account's own person. ProofDue, InvalidInput, NotProven, TooManyRequests."""
    _check_age(proof)
    proofs.prove_self(
        actor=actor, sign_in_id=sign_in_id, name=name, document_type=document_type, document_number=document_number
    )
    return replace(proof, named=True)


def ask_new(*, actor: Actor, proof: Proof, number: str, binding: str) -> CodeRequested:
    """A code to the new number; whether it is known is not looked at. ProofDue, InvalidInput, CodeTooSoon."""
    _check(actor, proof)
    if phones.e164(number) == _number(actor, proof.handle_id):
        raise InvalidInput(fields={"phone": "新号码和现在的一样，不用更换。"})
    return request_phone_code(actor=actor, phone=number, purpose=CodePurpose.BIND_PHONE, binding=binding)


def change(*, actor: Actor, proof: Proof, number: str, code: str, binding: str, sign_in_id: UUID | None) -> str:
    """The new number, masked, opens the account and the old one no longer; both are told so.

    ProofDue, NotFound, CodeWrong, PhoneTaken, PhoneOwn.
    """
    _check(actor, proof)
    change_phone(
        actor=actor, handle_id=proof.handle_id, phone=number, code=code, binding=binding, sign_in_id=sign_in_id
    )
    return masking.phone(phones.e164(number))


def _number(actor: Actor, handle_id: UUID) -> str:
    with region(read_only=True):
        number: str = residents.living_phone(account(actor), handle_id).subject
    return number


def _check(actor: Actor, proof: Proof) -> None:
    _check_age(proof)
    if name_due(actor, proof):
        raise ProofDue


def _check_age(proof: Proof) -> None:
    if clock.now() - proof.at > PROOF_LASTS:
        raise ProofDue

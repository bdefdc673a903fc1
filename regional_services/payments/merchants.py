"""Merchant accounts: a hospital's credentials at a channel, by version. A change never touches what is already paid.

From pages a change takes two persons (`propose`, `confirm`); commands at the operators' terminal put it in force at
once. Retiring is one person's act: it only stops new payments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Max
from django.utils.translation import gettext

from hub.actor import Actor
from hub.errors import Conflict, Forbidden, InvalidInput, NotFound, NotSignedIn
from hub.ids import uuid7
from hub.keys.services import RingReadOnly
from hub.security.keyring import KeyMissing, ring
from hub.security.permissions import require
from hub.tenancy.scope import REGION, region
from hub.work import Unit, work
from regional_services.payments.models import MerchantAccount, MerchantProposal, ProposalState
from regional_services.payments.permissions import CONFIRM_MERCHANT, PROPOSE_MERCHANT

LONGEST_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a hospital and its channel agreed on; the secrets go to the key ring, never into a row."""

    channel: str
    mchid: str
    appid: str
    serial_no: str
    private_key: str
    api_v3_key: str
    channel_key_id: str
    channel_public_key: str


class ProposalWaiting(Conflict):
    """Another set of credentials of this hospital waits for its second person."""

    code = "payments.proposal_waiting"
    text = "已有一份凭据等待安全管理员确认，请先处理那一份。"


class OwnProposal(Forbidden):
    """Nobody confirms what he put forward himself."""

    code = "payments.own_proposal"
    text = "不能确认自己提交的凭据，须由另一位管理员确认。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A hospital's merchant account now, at one channel; no secret is in it."""

    institution_code: str
    merchant_id: UUID
    channel: str
    version: int
    mchid: str
    appid: str
    serial_no: str
    channel_key_id: str
    certificate_until: datetime | None
    effective_from: datetime
    effective_to: datetime | None
    put_by_name: str


def standing(codes: list[str] | None = None) -> dict[str, list[Standing]]:
    """The versions of these hospitals (None: all), newest first, by hospital. One query."""
    with region(read_only=True):
        rows = MerchantAccount.objects.order_by("institution_code", "channel", "-version")
        found: dict[str, list[Standing]] = {}
        for row in rows if codes is None else rows.filter(institution_code__in=codes):
            names = set(Standing.__dataclass_fields__) - {"merchant_id"}
            view = Standing(merchant_id=row.id, **{name: getattr(row, name) for name in names})
            found.setdefault(row.institution_code, []).append(view)
    return found


def proposals(code: str, *, limit: int = 10) -> list[MerchantProposal]:
    """What was put forward for a hospital, newest first; rows without secrets. One query."""
    with region(read_only=True):
        return list(MerchantProposal.objects.filter(institution_code=code).order_by("-asked_at")[:limit])


def waiting() -> set[str]:
    """The hospitals with credentials that wait for their second person. One query."""
    with region(read_only=True):
        rows = MerchantProposal.objects.filter(state=ProposalState.WAITING)
        return set(rows.values_list("institution_code", flat=True))


def institutions_without(channel: str, codes: list[str]) -> list[str]:
    """Which of these hospitals can't collect by this channel yet."""
    with region(read_only=True):
        rows = MerchantAccount.objects.filter(channel=channel, institution_code__in=codes, effective_to=None)
        have = set(rows.values_list("institution_code", flat=True))
    return [code for code in codes if code not in have]


def propose(*, actor: Actor, code: str, credentials: Credentials, certificate_until: datetime, reason: str) -> UUID:
    """Put credentials forward; they do nothing until somebody else confirms them. ProposalWaiting, RingReadOnly."""
    _check(actor, PROPOSE_MERCHANT, code)
    why = _reason(reason)
    if actor.id is None:
        raise NotSignedIn
    proposal_id = uuid7()
    try:
        with work(REGION, actor=actor) as unit:
            references = _keep_secrets(f"merchant.{code}.{credentials.channel}.{proposal_id.hex}", credentials)
            MerchantProposal.objects.create(
                id=proposal_id,
                institution_code=code,
                private_key_ref=references[0],
                api_v3_key_ref=references[1],
                certificate_until=certificate_until,
                reason=why,
                asked_by=actor.id,
                asked_by_name=actor.name[:64],
                asked_at=unit.now,
                **_public(credentials),
            )
            unit.audit(
                "payment.merchant_proposed",
                target=f"institution:{code}",
                reason=why,
                detail={"mchid": credentials.mchid, "serial_no": credentials.serial_no},
            )
    except IntegrityError as problem:
        _drop_secrets(references)
        raise ProposalWaiting from problem
    except KeyMissing as problem:
        raise RingReadOnly from problem
    return proposal_id


def confirm(*, actor: Actor, code: str, proposal_id: UUID) -> None:
    """The second person puts them in force for all new payments; OwnProposal for who put them forward."""
    _check(actor, CONFIRM_MERCHANT, code)
    with work(REGION, actor=actor) as unit:
        row = _waiting(code, proposal_id)
        if row.asked_by == actor.id:
            raise OwnProposal
        row.state, row.decided_by_name, row.decided_at = ProposalState.DONE, actor.name[:64], unit.now
        row.save(update_fields=["state", "decided_by_name", "decided_at"])
        fields = ("channel", "mchid", "appid", "serial_no", "private_key_ref", "api_v3_key_ref")
        values = {name: getattr(row, name) for name in (*fields, "channel_key_id", "channel_public_key")}
        _enter(
            unit,
            code,
            certificate_until=row.certificate_until,
            put_by_name=f"{row.asked_by_name}、{actor.name[:64]}",
            **values,
        )


def refuse(*, actor: Actor, code: str, proposal_id: UUID, reason: str) -> None:
    """The second person says no; the secrets are forgotten."""
    _check(actor, CONFIRM_MERCHANT, code)
    why = _reason(reason)
    with work(REGION, actor=actor) as unit:
        row = _waiting(code, proposal_id)
        row.state, row.decided_by_name, row.decided_at = ProposalState.REFUSED, actor.name[:64], unit.now
        row.save(update_fields=["state", "decided_by_name", "decided_at"])
        unit.audit("payment.merchant_refused", target=f"institution:{code}", reason=why)
    _drop_secrets((row.private_key_ref, row.api_v3_key_ref))


def retire(*, actor: Actor, code: str, channel: str, reason: str) -> None:
    """Stop collecting with a hospital's account; what was paid by it can still be refunded. NotFound without one."""
    _check(actor, PROPOSE_MERCHANT, code)
    why = _reason(reason)
    with work(REGION, actor=actor) as unit:
        current = MerchantAccount.objects.filter(institution_code=code, channel=channel, effective_to=None)
        if not current.update(effective_to=unit.now):
            raise NotFound
        unit.audit("payment.merchant_retired", target=f"institution:{code}", reason=why, detail={"channel": channel})


def put_in_force(institution_code: str, credentials: Credentials, *, actor: Actor) -> UUID:
    """Make these the credentials of all new attempts at once; older attempts keep theirs."""
    with work(REGION, actor=actor) as unit:
        references = _keep_secrets(f"merchant.{institution_code}.{credentials.channel}.{uuid7().hex}", credentials)
        return _enter(
            unit,
            institution_code,
            certificate_until=None,
            put_by_name=actor.name[:64],
            private_key_ref=references[0],
            api_v3_key_ref=references[1],
            **_public(credentials),
        )


def _enter(unit: Unit, code: str, *, channel: str, **values: object) -> UUID:
    mine = MerchantAccount.objects.filter(institution_code=code, channel=channel)
    version = (mine.aggregate(latest=Max("version"))["latest"] or 0) + 1
    mine.filter(effective_to=None).update(effective_to=unit.now)
    row = MerchantAccount.objects.create(
        institution_code=code, channel=channel, version=version, effective_from=unit.now, **values
    )
    unit.audit(
        "payment.merchant_in_force",
        target=f"merchant:{row.id}",
        detail={"institution": code, "mchid": row.mchid, "version": version},
    )
    return row.id


def _check(actor: Actor, permission: str, code: str) -> None:
    require(actor, permission)
    if actor.institution not in (None, code):
        raise NotFound


def _waiting(code: str, proposal_id: UUID) -> MerchantProposal:
    rows = MerchantProposal.objects.select_for_update()
    row = rows.filter(id=proposal_id, institution_code=code, state=ProposalState.WAITING).first()
    if row is None:
        raise NotFound
    return row


def _public(credentials: Credentials) -> dict[str, str]:
    names = ("channel", "mchid", "appid", "serial_no", "channel_key_id", "channel_public_key")
    return {name: getattr(credentials, name) for name in names}


def _reason(text: str) -> str:
    if not text.strip() or len(text.strip()) > LONGEST_REASON:
        raise InvalidInput(fields={"reason": gettext("请写明原因，不超过 200 字。")})
    return text.strip()


def _keep_secrets(stem: str, credentials: Credentials) -> tuple[str, str]:
    references = (f"{stem}.private_key", f"{stem}.api_v3_key")
    ring().put_secret(references[0], credentials.private_key.encode())
    ring().put_secret(references[1], credentials.api_v3_key.encode())
    return references


def _drop_secrets(references: tuple[str, str]) -> None:
    for reference in references:
        ring().remove_secret(reference)

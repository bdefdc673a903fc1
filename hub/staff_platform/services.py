"""Sign-in through the platform, and its users as our accounts."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings

from hub import clock, redis
from hub.accounts import digests
from hub.accounts import services as accounts
from hub.accounts.errors import LoginNameTaken
from hub.accounts.results import PasswordAccepted
from hub.actor import Actor, system_actor
from hub.api import throttling
from hub.errors import Conflict, HubError, Unavailable
from hub.outbox.events import Event
from hub.recovery import cleanups
from hub.recovery.cleanups import Doomed
from hub.staff_platform import outside
from hub.staff_platform.models import AskState, PlatformAsk, PlatformUser
from hub.staff_platform.outside import PlatformAccount
from hub.tenancy.scope import REGION, region
from hub.work import work

PLATFORM = system_actor("应用支撑平台")
LIFETIME = timedelta(minutes=5)
_ENDPOINT = ("staff_platform", "authorization_endpoint")
_ENDPOINT_SECONDS = 600
_VERIFIER_BYTES = 48


class PlatformRefused(HubError):
    """The platform, or our own rules, do not let this person in: never said which."""

    code = "staff_platform.refused"
    status = 422
    text = "应用支撑平台没有确认登录，或您的账号在本平台尚无角色。请联系本单位安全管理员。"


class PlatformPending(Conflict):
    """The platform's answer is not here yet."""

    code = "staff_platform.pending"
    text = "正在等待应用支撑平台确认，请稍候。"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeReceived(Event):
    """A code waits to be traded."""

    NAME: ClassVar[str] = "staff_platform.code_received"
    ask_id: UUID

    @property
    def aggregate(self) -> str:
        """By itself."""
        return f"platform_ask:{self.ask_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersChanged(Event):
    """The platform says that its users changed; what changed is read from it, not from the message."""

    NAME: ClassVar[str] = "staff_platform.users_changed"
    push_id: UUID

    @property
    def aggregate(self) -> str:
        """One after the other."""
        return "staff_platform"


def start(*, actor: Actor, binding: str, hospital: str, redirect_uri: str) -> str:
    """Begin a sign-in: the address of the platform's page; Unavailable while the platform was not reached lately."""
    throttling.take("auth.staff", f"ip:{actor.ip}")
    endpoint = redis.client().get(redis.key(*_ENDPOINT))
    if not endpoint:
        raise Unavailable("应用支撑平台暂时联系不上，请用登录名和口令登录。")
    verifier = secrets.token_urlsafe(_VERIFIER_BYTES)
    with work(REGION, actor=actor) as unit:
        ask = PlatformAsk.objects.create(
            binding=digests.of(binding),
            hospital=hospital,
            redirect_uri=redirect_uri,
            nonce=secrets.token_urlsafe(24),
            verifier=verifier,
            created_at=unit.now,
            expires_at=unit.now + LIFETIME,
        )
        unit.audit("accounts.platform_started", target=f"platform_ask:{ask.id}")
    query = {
        "client_id": settings.HUB_STAFF_PLATFORM_CLIENT,
        "response_type": "code",
        "scope": outside.SCOPE,
        "redirect_uri": redirect_uri,
        "state": ask.id.hex,
        "nonce": ask.nonce,
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
    }
    return f"{json.loads(endpoint)}?{urlencode(query)}"


def _challenge(verifier: str) -> str:
    """RFC 7636, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def receive_code(*, actor: Actor, state: str, code: str, binding: str) -> UUID:
    """The browser is back: keep the code, let the relay trade it. A foreign, used or late state is refused."""
    with work(REGION, actor=actor) as unit:
        ask = _bound(state, binding, lock=True)
        if ask is None or ask.state != AskState.STARTED or ask.expires_at <= unit.now or not code:
            raise PlatformRefused
        ask.state, ask.code = AskState.ASKED, code
        ask.save(update_fields=["state", "code"])
        unit.audit("accounts.platform_returned", target=f"platform_ask:{ask.id}")
        unit.publish(CodeReceived(ask_id=ask.id))
        return UUID(str(ask.id))


def accept(*, actor: Actor, ask_id: UUID, binding: str, hospital: str) -> PasswordAccepted:
    """The first factor is proven by the platform; PlatformPending while it is asked, PlatformRefused otherwise."""
    with work(REGION, actor=actor) as unit:
        ask = _bound(ask_id.hex, binding, lock=True)
        if ask is None or ask.expires_at <= unit.now or ask.hospital != hospital:
            raise PlatformRefused
        if ask.state == AskState.ASKED:
            raise PlatformPending
        linked = PlatformUser.objects.filter(subject=ask.subject, enabled=True).first()
        if ask.state != AskState.READY or linked is None:
            raise PlatformRefused
        ask.state = AskState.SPENT
        ask.save(update_fields=["state"])
        unit.audit("accounts.platform_accepted", target=f"account:{linked.account_id}")
    try:
        return accounts.accept_first_factor(actor=actor, user_id=linked.account_id, hospital=hospital)
    except HubError as problem:
        raise PlatformRefused from problem


def trade(ask_id: UUID) -> None:
    """Ask the platform whose code it is, and keep the answer; a second delivery finds it answered."""
    with region(read_only=True):
        ask = PlatformAsk.objects.filter(id=ask_id, state=AskState.ASKED).first()
    if ask is None or ask.code is None:
        return
    subject = reason = ""
    try:
        subject = outside.subject_of_code(
            code=ask.code, verifier=ask.verifier, nonce=ask.nonce, redirect_uri=ask.redirect_uri
        )
    except outside.SignInRefused as refusal:
        reason = str(refusal)
    with work(REGION, actor=PLATFORM) as unit:
        PlatformAsk.objects.filter(id=ask.id, state=AskState.ASKED).update(
            state=AskState.READY if subject else AskState.REFUSED, subject=subject, reason=reason, code=None
        )
        unit.audit(
            "accounts.platform_answered",
            target=f"platform_ask:{ask.id}",
            outcome="success" if subject else "failure",
            reason=reason,
        )


def note_push(*, actor: Actor, push_id: UUID) -> None:
    """The platform knocked: read its users at once."""
    with work(REGION, actor=actor) as unit:
        unit.publish(UsersChanged(push_id=push_id))
        unit.audit("accounts.platform_pushed", target=f"push:{push_id}")


def synchronise() -> int:
    """Make our accounts agree with the platform's users; how many changed. Safe to run at any time."""
    endpoint = str(outside.discovery()["authorization_endpoint"])
    redis.client().set(redis.key(*_ENDPOINT), json.dumps(endpoint), ex=_ENDPOINT_SECONDS)
    told = outside.users()
    with region(read_only=True):
        known = {row.subject: row for row in PlatformUser.objects.all()}
    changed = 0
    for account in told:
        row = known.get(account.subject)
        if row is None:
            changed += _create(account)
        elif row.enabled != account.enabled:
            _switch(row, enabled=account.enabled)
            changed += 1
    for subject in known.keys() - {account.subject for account in told}:  # gone there is disabled here
        if known[subject].enabled:
            _switch(known[subject], enabled=False)
            changed += 1
    return changed


def _create(account: PlatformAccount) -> int:
    if not account.enabled:
        return 0
    try:
        made = accounts.create_staff(
            actor=PLATFORM, login_name=account.login_name, display_name=account.name, must_change_password=False
        )
    except LoginNameTaken:
        # Somebody of this name was here before the platform: linking is an administrator's decision, not ours.
        return 0
    with work(REGION, actor=PLATFORM) as unit:
        PlatformUser.objects.create(subject=account.subject, account_id=made.user_id, changed_at=unit.now)
        unit.audit("accounts.platform_linked", target=f"account:{made.user_id}")
    return 1


def _switch(row: PlatformUser, *, enabled: bool) -> None:
    """The link first: whoever is between the two steps can't come in through the platform any more."""
    with work(REGION, actor=PLATFORM) as unit:
        PlatformUser.objects.filter(subject=row.subject).update(enabled=enabled, changed_at=unit.now)
        unit.audit("accounts.platform_switched", target=f"account:{row.account_id}", detail={"enabled": enabled})
    accounts.follow_platform(actor=PLATFORM, user_id=row.account_id, enabled=enabled)


def _bound(state: str, binding: str, *, lock: bool) -> PlatformAsk | None:
    try:
        ask_id = UUID(hex=state)
    except ValueError:
        return None
    rows = PlatformAsk.objects.select_for_update() if lock else PlatformAsk.objects.all()
    return rows.filter(id=ask_id, binding=digests.of(binding)).first()


def forget_old() -> int:
    """Asks of yesterday are of no use to anybody; how many went. Outside peak hours only."""
    before = clock.now() - timedelta(days=1)
    asks = Doomed(
        name="platform", table="staff_platform_ask", condition="created_at < {before}", before=before, kept="spent"
    )
    [gone] = cleanups.clean_out(REGION, [asks], actor=PLATFORM)
    return gone

"""Signing in and binding through a platform. The browser goes there and comes back with a code; the relay trades it;
the page polls the committed ask. No web thread calls a platform (kernel decision 5).
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext

from hub import clock
from hub.accounts import digests, errors, platforms, steps
from hub.accounts.access import own_account
from hub.accounts.events import AuthorisationReceived, HandleBound
from hub.accounts.locks import lock_account, lock_subject
from hub.accounts.models import AskState, HandleAsk, HandleKind, LoginHandle, User
from hub.accounts.platforms import Platform
from hub.accounts.results import AskProgress, AskStart, Client, SignedIn
from hub.actor import Actor
from hub.api import throttling
from hub.errors import NotFound
from hub.security import masking
from hub.tenancy.scope import REGION, region
from hub.work import work

LIFETIME = timedelta(minutes=5)


def return_path(platform: Platform) -> str:
    """Where the platform sends the browser back to."""
    return f"/signin/{platform.slug}/back"


def start(*, actor: Actor, platform: Platform, binding: str) -> AskStart:
    """Begin: the address of the platform's page, with a state only this session can use."""
    throttling.take("auth.token", f"ip:{actor.ip}")
    with work(REGION, actor=actor) as unit:
        ask = HandleAsk.objects.create(
            kind=platform.kind,
            binding=digests.of(binding),
            realm=platform.realm(),
            created_at=unit.now,
            expires_at=unit.now + LIFETIME,
        )
        unit.audit("accounts.way_started", target=f"way_in:{ask.id}", detail={"kind": ask.kind})
    redirect_uri = settings.PUBLIC_ORIGIN + return_path(platform)
    return AskStart(
        ask_id=ask.id,
        authorize_url=platform.authorize_url(realm=ask.realm, state=ask.id.hex, redirect_uri=redirect_uri),
    )


def receive_code(*, actor: Actor, platform: Platform, state: str, code: str, binding: str) -> UUID:
    """The browser is back: keep the code and let the relay trade it. A foreign or used state is refused."""
    with work(REGION, actor=actor) as unit:
        ask = _bound(platform.kind, state, binding, lock=True)
        if ask is None or ask.state != AskState.STARTED or ask.expires_at <= unit.now or not code:
            raise errors.refused(platform.kind)
        ask.state, ask.code = AskState.ASKED, code
        ask.save(update_fields=["state", "code"])
        unit.audit("accounts.way_returned", target=f"way_in:{ask.id}", detail={"kind": ask.kind})
        unit.publish(AuthorisationReceived(ask_id=ask.id))
        return ask.id


def progress(*, platform: Platform, ask_id: UUID, binding: str) -> AskProgress:
    """How far the trade is, for the page that polls."""
    with region(read_only=True):
        ask = _bound(platform.kind, ask_id.hex, binding, lock=False)
    if ask is None:
        raise NotFound
    if ask.state == AskState.READY and ask.expires_at > clock.now():
        return AskProgress(status="ready", reason="")
    if ask.state in (AskState.STARTED, AskState.ASKED) and ask.expires_at > clock.now():
        return AskProgress(status="pending", reason="")
    return AskProgress(status="refused", reason=ask.reason or "expired")


def sign_in(*, actor: Actor, platform: Platform, ask_id: UUID, client: Client) -> SignedIn:
    """Sign in with what the platform confirmed; a user who never came before gets an account."""
    with work(REGION, actor=actor) as unit:
        ask = _confirmed(platform.kind, ask_id, client.binding)
        subject = ask.subject
        lock_subject(subject)
        user = steps.account_of_handle(platform.kind, subject, realm=ask.realm)
        made = user is None
        if user is None:
            called = gettext("%(platform)s用户") % {"platform": platform.kind.label}
            user = steps.create_resident(unit, display_name=f"{called} {masking.token(subject)}")
            steps.add_handle(user, platform.kind, subject, realm=ask.realm)
        if not user.is_active:
            raise errors.refused(platform.kind)
        _spend(ask)
        return steps.open_sign_in(unit, user=user, method=platform.method, client=client, new_account=made)


def bind(*, actor: Actor, platform: Platform, ask_id: UUID, binding: str) -> None:
    """Let the confirmed user of the platform open the signed-in account too; HandleTaken where it opens another."""
    account_id = own_account(actor)
    with work(REGION, actor=actor) as unit:
        ask = _confirmed(platform.kind, ask_id, binding)
        lock_subject(ask.subject)
        holder = steps.account_of_handle(platform.kind, ask.subject, realm=ask.realm)
        if holder is not None and holder.id != account_id:
            raise errors.taken(platform.kind)
        if holder is None:
            made = steps.add_handle(User.objects.get(id=account_id), platform.kind, ask.subject, realm=ask.realm)
            unit.publish(HandleBound(account_id=account_id, handle_id=made.id))
        _spend(ask)
        unit.audit("accounts.handle_bound", target=f"account:{account_id}", detail={"kind": platform.kind.value})


def holder_of(*, actor: Actor, platform: Platform, ask_id: UUID, binding: str) -> UUID | None:
    """The account the confirmed user opens, for whoever proves that it is his too; None where it opens none.

    The ask is spent: it proves this once.
    """
    with work(REGION, actor=actor) as unit:
        ask = _confirmed(platform.kind, ask_id, binding)
        holder = steps.account_of_handle(platform.kind, ask.subject, realm=ask.realm)
        _spend(ask)
        unit.audit(
            "accounts.handle_proven",
            target=f"account:{holder.id if holder else ''}",
            detail={"kind": platform.kind.value},
        )
        return holder.id if holder else None


def unbind(*, actor: Actor, handle_id: UUID, sign_in_id: UUID | None) -> None:
    """A phone or platform opens this account no longer, and whoever came by it elsewhere is signed out.

    `sign_in_id` is the sign-in it is asked from, which stays. NotFound, LastWayIn: one that works must be left.
    """
    account_id = own_account(actor)
    with work(REGION, actor=actor) as unit:
        lock_account(account_id)
        living = list(LoginHandle.objects.filter(user_id=account_id, ended_at__isnull=True))
        row = next((one for one in living if one.id == handle_id), None)
        if row is None:
            raise NotFound
        if not any(_opens(one) for one in living if one.id != row.id):
            raise errors.LastWayIn
        steps.end_handle(unit, row, but=sign_in_id)


def _opens(handle: LoginHandle) -> bool:
    """Whether its holder can come by it: a closed platform, or an application given up, lets nobody in."""
    if handle.kind == HandleKind.PHONE:
        return True
    return any(handle.kind == one.kind and handle.realm == one.realm() for one in platforms.open_platforms())


def _bound(kind: HandleKind, state: str, binding: str, *, lock: bool) -> HandleAsk | None:
    try:
        ask_id = UUID(hex=state)
    except ValueError:
        return None
    rows = HandleAsk.objects.select_for_update() if lock else HandleAsk.objects.all()
    return rows.filter(id=ask_id, kind=kind, binding=digests.of(binding)).first()


def _confirmed(kind: HandleKind, ask_id: UUID, binding: str) -> HandleAsk:
    ask = _bound(kind, ask_id.hex, binding, lock=True)
    if ask is None or ask.expires_at <= clock.now():
        raise errors.refused(kind)
    if ask.state in (AskState.STARTED, AskState.ASKED):
        raise errors.pending(kind)
    if ask.state != AskState.READY:
        raise errors.refused(kind)
    return ask


def _spend(ask: HandleAsk) -> None:
    ask.state, ask.subject = AskState.SPENT, None
    ask.save(update_fields=["state", "subject"])

"""WeChat web authorisation. The browser goes to WeChat and comes back with a code; the relay exchanges it; the page
polls the committed ask. No web thread calls WeChat (kernel decision 5).
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings

from hub import clock
from hub.accounts import digests, steps
from hub.accounts.access import own_account
from hub.accounts.errors import WechatPending, WechatRefused, WechatTaken
from hub.accounts.events import WechatCodeReceived
from hub.accounts.locks import lock_subject
from hub.accounts.models import HandleKind, SignInMethod, User, WechatAsk, WechatAskState
from hub.accounts.results import Client, SignedIn, WechatProgress, WechatStart
from hub.actor import Actor
from hub.api import throttling
from hub.errors import NotFound
from hub.security import masking
from hub.tenancy.scope import REGION, region
from hub.work import work

LIFETIME = timedelta(minutes=5)


def start_wechat(*, actor: Actor, binding: str, return_to: str) -> WechatStart:
    """Begin a sign-in: the address of WeChat's authorisation page, with a state only this session can use."""
    throttling.take("auth.token", f"ip:{actor.ip}")
    with work(REGION, actor=actor) as unit:
        ask = WechatAsk.objects.create(
            binding=digests.of(binding),
            appid=settings.HUB_WECHAT_APPID,
            created_at=unit.now,
            expires_at=unit.now + LIFETIME,
        )
        unit.audit("accounts.wechat_started", target=f"wechat_ask:{ask.id}")
    query = urlencode(
        {
            "appid": ask.appid,
            "redirect_uri": settings.PUBLIC_ORIGIN + return_to,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": ask.id.hex,
        }
    )
    base = settings.HUB_WECHAT_AUTHORIZE_ORIGIN or settings.HUB_OUTSIDE["wechat_open"]
    return WechatStart(ask_id=ask.id, authorize_url=f"{base}/connect/oauth2/authorize?{query}#wechat_redirect")


def receive_wechat_code(*, actor: Actor, state: str, code: str, binding: str) -> UUID:
    """The browser is back: keep the code and let the relay exchange it. A foreign or used state is refused."""
    with work(REGION, actor=actor) as unit:
        ask = _bound(state, binding, lock=True)
        if ask is None or ask.state != WechatAskState.STARTED or ask.expires_at <= unit.now or not code:
            raise WechatRefused
        ask.state, ask.code = WechatAskState.ASKED, code
        ask.save(update_fields=["state", "code"])
        unit.audit("accounts.wechat_returned", target=f"wechat_ask:{ask.id}")
        unit.publish(WechatCodeReceived(ask_id=ask.id))
        return ask.id


def wechat_progress(*, ask_id: UUID, binding: str) -> WechatProgress:
    """How far the exchange is, for the page that polls."""
    with region(read_only=True):
        ask = _bound(ask_id.hex, binding, lock=False)
    if ask is None:
        raise NotFound
    if ask.state == WechatAskState.READY and ask.expires_at > clock.now():
        return WechatProgress(status="ready", reason="")
    if ask.state in (WechatAskState.STARTED, WechatAskState.ASKED) and ask.expires_at > clock.now():
        return WechatProgress(status="pending", reason="")
    return WechatProgress(status="refused", reason=ask.reason or "expired")


def sign_in_with_wechat(*, actor: Actor, ask_id: UUID, client: Client) -> SignedIn:
    """Sign in with a confirmed openid; one nobody used before gets an account."""
    with work(REGION, actor=actor) as unit:
        ask = _confirmed(ask_id, client.binding)
        openid = ask.openid
        lock_subject(openid)
        user = steps.account_of_handle(HandleKind.WECHAT, openid, realm=ask.appid)
        made = user is None
        if user is None:
            user = steps.create_resident(unit, display_name=f"微信用户 {masking.token(openid)}")
            steps.add_handle(user, HandleKind.WECHAT, openid, realm=ask.appid)
        if not user.is_active:
            raise WechatRefused
        _spend(ask)
        return steps.open_sign_in(unit, user=user, method=SignInMethod.WECHAT, client=client, new_account=made)


def bind_wechat(*, actor: Actor, ask_id: UUID, binding: str) -> None:
    """Add the confirmed openid to the signed-in account (needed to pay inside WeChat)."""
    account_id = own_account(actor)
    with work(REGION, actor=actor) as unit:
        ask = _confirmed(ask_id, binding)
        lock_subject(ask.openid)
        holder = steps.account_of_handle(HandleKind.WECHAT, ask.openid, realm=ask.appid)
        if holder is not None and holder.id != account_id:
            raise WechatTaken
        if holder is None:
            steps.add_handle(User.objects.get(id=account_id), HandleKind.WECHAT, ask.openid, realm=ask.appid)
        _spend(ask)
        unit.audit("accounts.wechat_bound", target=f"account:{account_id}")


def holder_of_wechat(*, actor: Actor, ask_id: UUID, binding: str) -> UUID | None:
    """The account the confirmed openid opens, for whoever proves that it is his too; None where it opens none.

    The ask is spent: it proves this once.
    """
    with work(REGION, actor=actor) as unit:
        ask = _confirmed(ask_id, binding)
        holder = steps.account_of_handle(HandleKind.WECHAT, ask.openid, realm=ask.appid)
        _spend(ask)
        unit.audit("accounts.wechat_proven", target=f"account:{holder.id if holder else ''}")
        return holder.id if holder else None


def _bound(state: str, binding: str, *, lock: bool) -> WechatAsk | None:
    try:
        ask_id = UUID(hex=state)
    except ValueError:
        return None
    rows = WechatAsk.objects.select_for_update() if lock else WechatAsk.objects.all()
    return rows.filter(id=ask_id, binding=digests.of(binding)).first()


def _confirmed(ask_id: UUID, binding: str) -> WechatAsk:
    ask = _bound(ask_id.hex, binding, lock=True)
    if ask is None or ask.expires_at <= clock.now():
        raise WechatRefused
    if ask.state in (WechatAskState.STARTED, WechatAskState.ASKED):
        raise WechatPending
    if ask.state != WechatAskState.READY:
        raise WechatRefused
    return ask


def _spend(ask: WechatAsk) -> None:
    ask.state, ask.openid = WechatAskState.SPENT, None
    ask.save(update_fields=["state", "openid"])

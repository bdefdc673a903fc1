"""Asking WeChat, outside of any transaction."""

from __future__ import annotations

from django.conf import settings

from hub.accounts.services import openid_of
from hub.actor import system_actor
from hub.outbox.events import Delivery, RunsIn, Temporary, handles
from regional_services.entries import following, wechat
from regional_services.entries.events import FollowAsked
from regional_services.entries.models import FollowState

WECHAT = system_actor("微信服务号")
ASK_AGAIN_SECONDS = 3.0
_ATTEMPTS = 3


@handles(FollowAsked, runs_in=RunsIn.OUTSIDE)
def ask_wechat(event: FollowAsked, delivery: Delivery) -> None:
    """Ask and store; without a definite answer it is unknown, asked again a few times and then when somebody looks."""
    openid = openid_of(event.account_id, settings.HUB_WECHAT_APPID)
    if openid is None:
        following.store(event.account_id, FollowState.NO, actor=WECHAT)
        return
    try:
        state = wechat.follows(openid)
    except wechat.Unanswered as problem:
        following.store(event.account_id, FollowState.UNKNOWN, actor=WECHAT)
        if delivery.attempt < _ATTEMPTS:
            raise Temporary(f"WeChat gave no definite answer: {problem}", retry_after=ASK_AGAIN_SECONDS) from problem
        return
    following.store(event.account_id, state, actor=WECHAT)

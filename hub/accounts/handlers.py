"""Calls to the outside that sign-in needs: send a phone code, exchange a WeChat code."""

from __future__ import annotations

from hub import clock
from hub.accounts import outside, phone_codes
from hub.accounts.events import PhoneCodeRequested, WechatCodeReceived
from hub.accounts.models import PhoneCode, WechatAsk, WechatAskState
from hub.actor import system_actor
from hub.outbox.events import Delivery, RunsIn, handles
from hub.tenancy.scope import REGION, region
from hub.work import work

_TEMPLATE = "phone_code"


@handles(PhoneCodeRequested, runs_in=RunsIn.OUTSIDE)
def send_phone_code(event: PhoneCodeRequested, _delivery: Delivery) -> None:
    """Send the code unless it ran out or was replaced meanwhile."""
    with region(read_only=True):
        row = PhoneCode.objects.filter(id=event.code_id, spent_at__isnull=True, expires_at__gt=clock.now()).first()
    if row is None:
        return
    minutes = str(int(phone_codes.LIFETIME.total_seconds() // 60))
    outside.send_sms(
        to=row.phone,
        template=_TEMPLATE,
        params={"code": phone_codes.digits_of(row), "minutes": minutes},
        message_id=str(row.id),
    )


@handles(WechatCodeReceived, runs_in=RunsIn.OUTSIDE)
def exchange_wechat_code(event: WechatCodeReceived, _delivery: Delivery) -> None:
    """Exchange the code and store the answer; a second delivery finds the ask answered."""
    with region(read_only=True):
        ask = WechatAsk.objects.filter(id=event.ask_id, state=WechatAskState.ASKED).first()
    if ask is None or ask.code is None:
        return
    answer = outside.exchange_wechat_code(appid=ask.appid, code=ask.code)
    with work(REGION, actor=system_actor("微信授权")) as unit:
        answered = WechatAsk.objects.filter(id=ask.id, state=WechatAskState.ASKED).update(
            state=WechatAskState.READY if answer.openid else WechatAskState.REFUSED,
            openid=answer.openid or None,
            reason=answer.reason,
            code=None,
        )
        if answered:
            unit.audit(
                "accounts.wechat_answered",
                target=f"wechat_ask:{ask.id}",
                outcome="success" if answer.openid else "failure",
                reason=answer.reason,
            )

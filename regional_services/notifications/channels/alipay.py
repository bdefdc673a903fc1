"""Messages of Alipay's life account: one signed call of the open platform's gateway (RSA2), its answer verified.

The gateway recognises no repeat, so that a lost answer stays unknown.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.conf import settings

from hub.accounts import alipay_gateway
from hub.accounts.models import HandleKind
from hub.security.keyring import KeyMissing
from regional_services.notifications.channels import http
from regional_services.notifications.channels.contract import Answer, Outcome, Parcel

METHOD = "alipay.open.public.message.single.send"
_COLOUR = "#0B8A7A"
_BUSY = "20000"  # the service is not available: it does not say whether it had begun
_FAILED = "40004"
_FREQUENT = frozenset({"isv.invalid-app-call-limited", "ACQ.SYSTEM_BUSY"})


class LifeAccount:
    """The life account's template messages."""

    repeatable = timedelta(0)

    def handle(self) -> tuple[HandleKind, str]:
        """The user id at this application."""
        return HandleKind.ALIPAY, settings.HUB_ALIPAY_APPID

    def send(self, parcel: Parcel) -> Answer:
        """Send one message; what the platform's signature does not cover is not believed."""
        try:
            reply = http.call("POST", f"{settings.HUB_OUTSIDE['alipay']}/gateway.do", data=_request(parcel))
            if reply.lost is not None:
                return reply.lost
            node = alipay_gateway.genuine(reply.raw, METHOD)
        except KeyMissing:
            return Answer(outcome=Outcome.REFUSED, reason="未配置支付宝密钥")
        return Answer(outcome=Outcome.UNKNOWN, reason="应答验签失败") if node is None else _read(node)


def _request(parcel: Parcel) -> dict[str, str]:
    fields = {name: {"value": text, "color": "#1F2933"} for name, text in parcel.said.fields.items()}
    content = {
        "to_user_id": parcel.address,
        "template": {
            "template_id": parcel.said.template_id,
            "context": {"head_color": _COLOUR, "url": parcel.link, "action_name": "查看", **fields},
        },
    }
    biz_content = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return alipay_gateway.signed(METHOD, app_id=settings.HUB_ALIPAY_APPID, parameters={"biz_content": biz_content})


def _read(node: dict[str, Any]) -> Answer:
    code, reason = str(node.get("code", "")), str(node.get("sub_code") or node.get("msg") or "")
    if code == "10000":
        return Answer(outcome=Outcome.ACCEPTED)
    if reason in _FREQUENT:
        return Answer(outcome=Outcome.NOT_NOW, reason=reason[:60])
    if code == _BUSY or not code:
        return Answer(outcome=Outcome.UNKNOWN, reason=f"{code} {reason}"[:60])
    said = node.get("sub_msg") if code == _FAILED else ""
    return Answer(outcome=Outcome.REFUSED, reason=f"{reason} {said or ''}".strip()[:60])

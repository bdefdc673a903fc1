"""Messages of Alipay's life account: one signed call of the open platform's gateway (RSA2), its answer verified.

The gateway recognises no repeat, so that a lost answer stays unknown.
"""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from django.conf import settings

from hub import clock
from hub.accounts.models import HandleKind
from hub.security.keyring import KeyMissing, ring
from regional_services.notifications.channels import http
from regional_services.notifications.channels.contract import Answer, Outcome, Parcel

METHOD = "alipay.open.public.message.single.send"
NODE = "alipay_open_public_message_single_send_response"
OWN_KEY = "alipay.app_private_key"
PLATFORM_KEY = "alipay.public_key"
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
            own, theirs = _own_key(), _platform_key()
        except KeyMissing:
            return Answer(outcome=Outcome.REFUSED, reason="未配置支付宝密钥")
        reply = http.call("POST", f"{settings.HUB_OUTSIDE['alipay']}/gateway.do", data=_request(parcel, own))
        if reply.lost is not None:
            return reply.lost
        if not _genuine(reply, theirs):
            return Answer(outcome=Outcome.UNKNOWN, reason="应答验签失败")
        return _read(reply.body[NODE])


def _request(parcel: Parcel, key: rsa.RSAPrivateKey) -> dict[str, str]:
    fields = {name: {"value": text, "color": "#1F2933"} for name, text in parcel.said.fields.items()}
    content = {
        "to_user_id": parcel.address,
        "template": {
            "template_id": parcel.said.template_id,
            "context": {"head_color": _COLOUR, "url": parcel.link, "action_name": "查看", **fields},
        },
    }
    parameters = {
        "app_id": settings.HUB_ALIPAY_APPID,
        "method": METHOD,
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": f"{clock.local(clock.now()):%Y-%m-%d %H:%M:%S}",
        "version": "1.0",
        "biz_content": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
    }
    signed = "&".join(f"{name}={value}" for name, value in sorted(parameters.items()))
    signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return {**parameters, "sign": base64.b64encode(signature).decode()}


def _genuine(reply: http.Reply, key: rsa.RSAPublicKey) -> bool:
    """Whether the node's own bytes are what was signed; a refusal of the gateway itself has another node."""
    node, sign = reply.body.get(NODE), str(reply.body.get("sign", ""))
    if not isinstance(node, dict):
        return False
    text = reply.raw.decode(errors="replace")
    start = text.index(":", text.index(f'"{NODE}"')) + 1
    _, end = json.JSONDecoder().raw_decode(text[start:].lstrip())
    signed = text[start:].lstrip()[:end]
    try:
        key.verify(base64.b64decode(sign), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


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


def _own_key() -> rsa.RSAPrivateKey:
    key = load_pem_private_key(ring().secret(OWN_KEY), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyMissing(f"{OWN_KEY} is no RSA key")
    return key


def _platform_key() -> rsa.RSAPublicKey:
    key = load_pem_public_key(ring().secret(PLATFORM_KEY))
    if not isinstance(key, rsa.RSAPublicKey):
        raise KeyMissing(f"{PLATFORM_KEY} is no RSA key")
    return key

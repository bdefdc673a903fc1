"""The city's own gateways, SMS and the city app's push: signed JSON that carries our id, which they recognise."""

from __future__ import annotations

import hmac
import json
from datetime import timedelta
from typing import Any

from django.conf import settings

from hub.accounts.models import HandleKind
from hub.accounts.outside import CITY_APP_SECRET, SMS_SECRET
from hub.security.keyring import KeyMissing, ring
from regional_services.notifications.channels import http
from regional_services.notifications.channels.contract import Answer, Outcome, Parcel

_TEMPLATE = "notice"
_A_DAY = timedelta(days=1)


class TextMessages:
    """The SMS gateway."""

    repeatable = _A_DAY

    def handle(self) -> tuple[HandleKind, str]:
        """The phone the account signs in with."""
        return HandleKind.PHONE, ""

    def send(self, parcel: Parcel) -> Answer:
        """Hand over; the same id again is not sent twice."""
        body = {"to": parcel.address, "template": _TEMPLATE, "params": {"text": parcel.said.text}}
        return _hand_over("sms", "/v1/messages", SMS_SECRET, parcel, body)


class CityApp:
    """Push to the city app's users (U): address and secret by configuration."""

    repeatable = _A_DAY

    def handle(self) -> tuple[HandleKind, str]:
        """The user id in the app."""
        return HandleKind.CITY_APP, ""

    def send(self, parcel: Parcel) -> Answer:
        """Hand over; the same id again is not shown twice."""
        said = parcel.said
        body = {"user_id": parcel.address, "title": said.title, "body": said.text, "url": parcel.link}
        return _hand_over("city_app", "/v1/push", CITY_APP_SECRET, parcel, body)


def _hand_over(party: str, path: str, secret: str, parcel: Parcel, body: dict[str, Any]) -> Answer:
    content = json.dumps({**body, "message_id": parcel.client_id}, ensure_ascii=False).encode()
    try:
        signature = hmac.digest(ring().secret(secret), content, "sha256").hex()
    except KeyMissing:
        return Answer(outcome=Outcome.REFUSED, reason="未配置密钥")
    headers = {"Content-Type": "application/json", "X-Signature": signature}
    reply = http.call("POST", settings.HUB_OUTSIDE[party] + path, content=content, headers=headers)
    if reply.lost is not None:
        return reply.lost
    if reply.body.get("accepted") is True:
        return Answer(outcome=Outcome.ACCEPTED, provider_id=parcel.client_id)
    return Answer(outcome=Outcome.REFUSED, reason=str(reply.body.get("reason", ""))[:60])

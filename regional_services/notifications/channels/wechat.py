"""Template messages of the official account: stable token, send, error codes.

The platform recognises a `client_msg_id` for ten minutes per reader: a repeat within is the same message. The token is
kept in the process: a stable token is the same for whoever asks, and asking again does not end it.
"""

from __future__ import annotations

import threading
import time
from datetime import timedelta

from django.conf import settings

from hub.accounts.models import HandleKind
from hub.accounts.outside import WECHAT_SECRET
from hub.security.keyring import KeyMissing, ring
from regional_services.notifications.channels import http
from regional_services.notifications.channels.contract import Answer, Outcome, Parcel

_TOKEN_CODES = frozenset({40001, 40014, 41001, 42001})
_LATER = {-1: timedelta(seconds=5), 45011: timedelta(minutes=1)}
_REASONS = {
    40003: "openid 无效",
    40037: "模板编号无效",
    40164: "服务器地址不在白名单",
    43004: "未关注公众号",
    43019: "在黑名单中",
    43101: "拒收该类消息",
    43116: "模板被限制下发",
    45009: "当日额度已用完",
    47003: "模板字段不符",
    48001: "接口未授权",
}
_UNREADABLE = -2
_SPARE = 300.0  # seconds before its end at which a token is renewed
_LONGEST = {"thing": 20, "short_thing": 5, "character_string": 32, "number": 32, "letter": 32, "symbol": 5}
_LONGEST |= {"phrase": 5, "name": 20, "const": 20, "time": 32, "date": 32, "amount": 32}


class OfficialAccount:
    """The account's template messages."""

    repeatable = timedelta(minutes=9)

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._token: tuple[str, str, float] | None = None

    def handle(self) -> tuple[HandleKind, str]:
        """The openid at this account."""
        return HandleKind.WECHAT, settings.HUB_WECHAT_APPID

    def send(self, parcel: Parcel) -> Answer:
        """Send; a token the platform no longer believes is fetched anew once, for the message was not looked at."""
        answer, code = self._send(parcel, forced=False)
        if code in _TOKEN_CODES:
            answer, code = self._send(parcel, forced=True)
        return answer

    def _send(self, parcel: Parcel, *, forced: bool) -> tuple[Answer, int]:
        token = self._fetch(forced=forced)
        if isinstance(token, Answer):
            return token, 0
        reply = http.call(
            "POST",
            f"{settings.HUB_OUTSIDE['wechat_open']}/cgi-bin/message/template/send",
            params={"access_token": token},
            json={
                "touser": parcel.address,
                "template_id": parcel.said.template_id,
                "url": parcel.link,
                "client_msg_id": parcel.client_id,
                "data": {name: {"value": _fitting(name, text)} for name, text in parcel.said.fields.items()},
            },
        )
        if reply.lost is not None:
            return reply.lost, 0
        return _read(reply.body), _code(reply.body)

    def _fetch(self, *, forced: bool) -> str | Answer:
        """The token of this account at this address; an Answer where there is none to be had now."""
        base, appid = settings.HUB_OUTSIDE["wechat_open"], settings.HUB_WECHAT_APPID
        place = f"{base}|{appid}"
        with self._guard:
            kept = self._token
        if kept is not None and not forced and kept[0] == place and time.monotonic() < kept[2]:
            return kept[1]
        try:
            secret = ring().secret_text(WECHAT_SECRET)
        except KeyMissing:
            return Answer(outcome=Outcome.REFUSED, reason="未配置密钥")
        reply = http.call(
            "POST",
            f"{base}/cgi-bin/stable_token",
            json={
                "grant_type": "client_credential",
                "appid": appid,
                "secret": secret,
                "force_refresh": forced,
            },
        )
        if reply.lost is not None:  # nothing was sent yet, whatever became of the asking
            return Answer(outcome=Outcome.NOT_NOW, reason=f"取令牌：{reply.lost.reason}")
        token = str(reply.body.get("access_token", ""))
        if not token:
            code = _code(reply.body)
            again = code in _LATER
            return Answer(
                outcome=Outcome.NOT_NOW if again else Outcome.REFUSED,
                reason=f"取令牌：{code}",
                wait=_LATER.get(code),
            )
        with self._guard:
            self._token = (place, token, time.monotonic() + max(float(reply.body.get("expires_in", 0)) - _SPARE, 0.0))
        return token


def _read(body: dict[str, object]) -> Answer:
    code = _code(body)
    if code == 0:
        return Answer(outcome=Outcome.ACCEPTED, provider_id=str(body.get("msgid", "")))
    if code == _UNREADABLE:
        return Answer(outcome=Outcome.UNKNOWN, reason="应答无法识别")
    if code in _LATER:
        return Answer(outcome=Outcome.NOT_NOW, reason=f"{code}", wait=_LATER[code])
    if code in _TOKEN_CODES:
        return Answer(outcome=Outcome.NOT_NOW, reason=f"{code} 令牌失效")
    return Answer(outcome=Outcome.REFUSED, reason=f"{code} {_REASONS.get(code, body.get('errmsg', ''))}"[:60])


def _code(body: dict[str, object]) -> int:
    """The error code; 0 is success, and an answer that names no number is none."""
    text = str(body.get("errcode", 0)).removeprefix("-")
    return int(str(body.get("errcode", 0))) if text.isdecimal() else _UNREADABLE


def _fitting(name: str, text: str) -> str:
    """Each kind of field takes only so many characters; what is longer would be refused whole."""
    longest = _LONGEST[name.rstrip("0123456789")]
    return text if len(text) <= longest else text[: longest - 1] + "…"

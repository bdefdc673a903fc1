"""Template messages of the official account: send, error codes.

The platform recognises a `client_msg_id` for ten minutes per reader: a repeat within is the same message.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from hub.accounts import official_account
from hub.accounts.models import HandleKind
from hub.accounts.official_account import TOKEN_GONE, UNREADABLE, NoToken, error_code
from hub.outbox.events import Permanent, Temporary
from hub.security.keyring import KeyMissing
from regional_services.notifications.channels import http
from regional_services.notifications.channels.contract import Answer, Outcome, Parcel

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
_LONGEST = {"thing": 20, "short_thing": 5, "character_string": 32, "number": 32, "letter": 32, "symbol": 5}
_LONGEST |= {"phrase": 5, "name": 20, "const": 20, "time": 32, "date": 32, "amount": 32}


class OfficialAccount:
    """The account's template messages."""

    repeatable = timedelta(minutes=9)

    def handle(self) -> tuple[HandleKind, str]:
        """The openid at this account."""
        return HandleKind.WECHAT, settings.HUB_WECHAT_APPID

    def send(self, parcel: Parcel) -> Answer:
        """Send; a token the platform no longer believes is replaced once, for the message was not looked at."""
        try:
            token = official_account.token()
            answer, code = _send(parcel, token)
            if code in TOKEN_GONE:
                answer, code = _send(parcel, official_account.token(gone=token))
        except KeyMissing:
            return Answer(outcome=Outcome.REFUSED, reason="未配置密钥")
        except NoToken as problem:
            again = problem.code in _LATER
            return Answer(
                outcome=Outcome.NOT_NOW if again else Outcome.REFUSED,
                reason=f"取令牌：{problem.code}",
                wait=_LATER.get(problem.code),
            )
        except (Temporary, Permanent) as problem:  # no message was sent yet, whatever became of the asking
            return Answer(outcome=Outcome.NOT_NOW, reason=f"取令牌：{problem}"[:60])
        return answer


def _send(parcel: Parcel, token: str) -> tuple[Answer, int]:
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
    return _read(reply.body), error_code(reply.body)


def _read(body: dict[str, object]) -> Answer:
    code = error_code(body)
    if code == 0:
        return Answer(outcome=Outcome.ACCEPTED, provider_id=str(body.get("msgid", "")))
    if code == UNREADABLE:
        return Answer(outcome=Outcome.UNKNOWN, reason="应答无法识别")
    if code in _LATER:
        return Answer(outcome=Outcome.NOT_NOW, reason=f"{code}", wait=_LATER[code])
    if code in TOKEN_GONE:
        return Answer(outcome=Outcome.NOT_NOW, reason=f"{code} 令牌失效")
    return Answer(outcome=Outcome.REFUSED, reason=f"{code} {_REASONS.get(code, body.get('errmsg', ''))}"[:60])


def _fitting(name: str, text: str) -> str:
    """Each kind of field takes only so many characters; what is longer would be refused whole."""
    longest = _LONGEST[name.rstrip("0123456789")]
    return text if len(text) <= longest else text[: longest - 1] + "…"

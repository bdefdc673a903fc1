"""The official account's own interface: does this openid follow it? Called by an OUTSIDE handler only."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from hub.accounts import official_account, outside
from hub.accounts.official_account import NoToken
from hub.outbox.events import Permanent, Temporary
from regional_services.entries.models import FollowState

_NOT_OURS = frozenset({40003})  # the openid is not one of this official account


class Unanswered(Exception):
    """No definite answer: to be asked again."""


def follows(openid: str) -> FollowState:
    """YES or NO as WeChat says; Unanswered for everything else."""
    try:
        token = official_account.token()
        answer = _ask(openid, token)
        if official_account.error_code(answer) in official_account.TOKEN_GONE:
            answer = _ask(openid, official_account.token(gone=token))
    except (NoToken, Temporary, Permanent) as problem:
        raise Unanswered(str(problem)) from problem
    code = official_account.error_code(answer)
    if code in _NOT_OURS:
        return FollowState.NO
    if answer.get("subscribe") in (0, 1) and not code:
        return FollowState.YES if answer["subscribe"] == 1 else FollowState.NO
    raise Unanswered(f"errcode {code}")


def _ask(openid: str, token: str) -> dict[str, Any]:
    return outside.call(
        "GET",
        f"{settings.HUB_OUTSIDE['wechat_open']}/cgi-bin/user/info",
        params={"access_token": token, "openid": openid, "lang": "zh_CN"},
    )

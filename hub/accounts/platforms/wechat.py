"""WeChat's open platform: web authorisation, silent (`snsapi_base`), openid only."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings

from hub.accounts import outside
from hub.accounts.models import HandleKind, SignInMethod
from hub.accounts.platforms.contract import Answer
from hub.security.keyring import ring


class Wechat:
    """Users are told apart by the appid of the official account."""

    kind, method = HandleKind.WECHAT, SignInMethod.WECHAT
    slug, code_parameter = "wechat", "code"

    def realm(self) -> str:
        """The appid."""
        return str(settings.HUB_WECHAT_APPID)

    def authorize_url(self, *, realm: str, state: str, redirect_uri: str) -> str:
        """The order of the parameters is fixed in practice."""
        query = urlencode(
            {
                "appid": realm,
                "redirect_uri": redirect_uri,
                "response_type": "code",
                "scope": "snsapi_base",
                "state": state,
            }
        )
        base = settings.HUB_WECHAT_AUTHORIZE_ORIGIN or settings.HUB_OUTSIDE["wechat_open"]
        return f"{base}/connect/oauth2/authorize?{query}#wechat_redirect"

    def exchange(self, *, realm: str, code: str) -> Answer:
        """An openid. A snapshot page's virtual openid is refused."""
        answer = outside.call(
            "GET",
            f"{settings.HUB_OUTSIDE['wechat_open']}/sns/oauth2/access_token",
            params={
                "appid": realm,
                "secret": ring().secret_text(outside.WECHAT_SECRET),
                "code": code,
                "grant_type": "authorization_code",
            },
        )
        if answer.get("errcode"):
            return Answer("", f"errcode_{int(answer['errcode'])}")
        if answer.get("is_snapshotuser") == 1:
            return Answer("", "snapshot_page")
        openid = str(answer.get("openid", ""))
        return Answer(openid, "" if openid else "no_openid")

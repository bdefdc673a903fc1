"""Alipay: OAuth 2 with a silent scope (`auth_base`), the code traded at the platform's gateway, signed both ways."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings

from hub.accounts import alipay_gateway, outside
from hub.accounts.models import HandleKind, SignInMethod
from hub.accounts.platforms.contract import Answer
from hub.outbox.events import Permanent, Temporary
from hub.security.keyring import KeyMissing

METHOD = "alipay.system.oauth.token"
_BUSY = frozenset({"isp.unknow-error", "isp.unknown-error", "aop.unknow-error", "isv.app-call-limited"})
_REASON_LENGTH = 64


class Alipay:
    """Users are told apart by the application's id: new applications get an open_id of theirs, old ones a user_id."""

    kind, method = HandleKind.ALIPAY, SignInMethod.ALIPAY
    slug, code_parameter = "alipay", "auth_code"

    def realm(self) -> str:
        """The application's id."""
        return str(settings.HUB_ALIPAY_APPID)

    def authorize_url(self, *, realm: str, state: str, redirect_uri: str) -> str:
        """Inside Alipay no page is shown for this scope."""
        query = urlencode({"app_id": realm, "scope": "auth_base", "redirect_uri": redirect_uri, "state": state})
        base = settings.HUB_ALIPAY_AUTHORIZE_ORIGIN or settings.HUB_OUTSIDE["alipay"]
        return f"{base}/oauth2/publicAppAuthorize.htm?{query}"

    def exchange(self, *, realm: str, code: str) -> Answer:
        """An open_id, or the user_id of an application of the old kind."""
        asked = {"grant_type": "authorization_code", "code": code}
        try:
            parameters = alipay_gateway.signed(METHOD, app_id=realm, parameters=asked)
            answer = outside.fetch("POST", f"{settings.HUB_OUTSIDE['alipay']}/gateway.do", data=parameters)
            node = alipay_gateway.genuine(answer.content, METHOD)
        except KeyMissing as problem:
            raise Permanent("Alipay's keys are not configured") from problem
        if node is None:
            raise Temporary("an answer of Alipay's gateway without its signature")
        refusal = str(node.get("sub_code") or "")
        if refusal in _BUSY:
            raise Temporary(f"Alipay's gateway: {refusal}")
        subject = str(node.get("open_id") or node.get("user_id") or "")
        return Answer(subject, "" if subject else (refusal or "no_user_id")[:_REASON_LENGTH])

"""The city app (随申办) (U): its page gives a short-lived token, which its gateway verifies once.

Addresses, our id there and the names of parameters are configuration. The gateway also tells name, number, phone and
level of proof; signing in takes the user's id alone, the rest needs the person's consent and has its own way.
"""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings

from hub.accounts import outside
from hub.accounts.models import HandleKind, SignInMethod
from hub.accounts.platforms.contract import Answer
from hub.outbox.events import Permanent
from hub.security.keyring import KeyMissing

_REASON_LENGTH = 64


class CityApp:
    """A user has one id, whoever asks."""

    kind, method = HandleKind.CITY_APP, SignInMethod.CITY_APP
    slug = "city-app"

    @property
    def code_parameter(self) -> str:
        """`token` unless configured otherwise."""
        return str(settings.HUB_CITY_APP["token_parameter"])

    def realm(self) -> str:
        """One for all."""
        return ""

    def authorize_url(self, *, realm: str, state: str, redirect_uri: str) -> str:  # noqa: ARG002 - one for all
        """Inside the app no page is shown."""
        query = {"app_id": settings.HUB_CITY_APP["app_id"], "redirect_uri": redirect_uri, "state": state}
        base = settings.HUB_CITY_APP["authorize_url"] or f"{settings.HUB_OUTSIDE['city_app']}/oauth/authorize"
        return f"{base}?{urlencode(query)}"

    def exchange(self, *, realm: str, code: str) -> Answer:  # noqa: ARG002 - one for all
        """The user's id."""
        address = settings.HUB_OUTSIDE["city_app"] + str(settings.HUB_CITY_APP["user_path"])
        body = {"app_id": settings.HUB_CITY_APP["app_id"], "token": code}
        try:
            answer = outside.signed_json(address, outside.CITY_APP_SECRET, body)
        except KeyMissing as problem:
            raise Permanent("the city app's secret is not configured") from problem
        data = answer.get("data")
        subject = str(data.get("userId") or "") if isinstance(data, dict) else ""
        return Answer(subject, "" if subject else f"code_{answer.get('code', '')}"[:_REASON_LENGTH])

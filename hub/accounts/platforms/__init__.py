"""The platforms residents come from and sign in with: WeChat, Alipay, the city app. Which are open is configuration."""

from __future__ import annotations

from django.conf import settings

from hub.accounts.models import HandleKind
from hub.accounts.platforms.alipay import Alipay
from hub.accounts.platforms.city_app import CityApp
from hub.accounts.platforms.contract import Answer, Platform
from hub.accounts.platforms.wechat import Wechat
from hub.errors import NotFound

__all__ = ["ALL", "Answer", "Platform", "named", "open_platforms"]

ALL: dict[HandleKind, Platform] = {one.kind: one for one in (Wechat(), Alipay(), CityApp())}


def open_platforms() -> list[Platform]:
    """Those residents may come by at this installation, in the order they are offered."""
    return [ALL[HandleKind(name)] for name in settings.HUB_SIGN_IN_PLATFORMS]


def named(slug: str) -> Platform:
    """The open platform of an address (`wechat`, `alipay`, `city-app`); NotFound."""
    found = next((one for one in open_platforms() if one.slug == slug), None)
    if found is None:
        raise NotFound
    return found

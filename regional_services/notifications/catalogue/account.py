"""Kinds about the account itself: what opens it has changed. Nobody may do without; a text message comes first.

What was just bound is the last way by which to warn whoever did not bind it, so that no platform is among the channels.
"""

from __future__ import annotations

from datetime import timedelta

from regional_services.notifications.catalogue.terms import Channel, Importance, Kind, Words

_ALWAYS = timedelta(days=3)
_TEXT = (Channel.SMS,)
_VARIABLES = ("way", "at")

KINDS = (
    Kind(
        name="accounts.bound",
        title="绑定了新的登录方式",
        importance=Importance.MUST,
        variables=_VARIABLES,
        channels=_TEXT,
        page="/me/ways",
        urgent=True,
        lasts=_ALWAYS,
        zh=Words(
            title="绑定了新的登录方式",
            text="您的账号于{at}绑定了{way}，之后可以用它登录。如果不是您本人操作，请马上登录，在“我的”“登录方式”里解绑。",
            discreet="您的账号于{at}绑定了{way}，之后可以用它登录。如果不是您本人操作，请马上登录解绑。",
        ),
        en=Words(
            title="A new way to sign in",
            text="{way} was added to your account at {at} and opens it from now on. If this was not you, sign in and "
            "unbind it at once.",
            discreet="{way} was added to your account at {at}. If this was not you, sign in and unbind it at once.",
        ),
    ),
    Kind(
        name="accounts.unbound",
        title="解绑了登录方式",
        importance=Importance.MUST,
        variables=_VARIABLES,
        channels=_TEXT,
        page="/me/ways",
        urgent=True,
        lasts=_ALWAYS,
        zh=Words(
            title="解绑了登录方式",
            text="您的账号于{at}解绑了{way}，它不能再登录，用它登录的其他设备已退出。如果不是您本人操作，请马上致电客服。",
            discreet="您的账号于{at}解绑了{way}，它不能再登录。如果不是您本人操作，请马上致电客服。",
        ),
        en=Words(
            title="A way to sign in was removed",
            text="{way} was removed from your account at {at}: it opens it no longer, and other devices that came by "
            "it are signed out. If this was not you, call the helpline at once.",
            discreet="{way} was removed from your account at {at}. If this was not you, call the helpline at once.",
        ),
    ),
)

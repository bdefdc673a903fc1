"""`manage.py onboard_demo_messages`: words for WeChat and Alipay with the sandbox's templates, and Alipay's keys."""

from __future__ import annotations

from typing import Any

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hub.accounts.alipay_gateway import OWN_KEY, PLATFORM_KEY
from hub.actor import Actor, system_actor
from hub.ids import uuid7
from hub.security.keyring import ring
from regional_services.notifications import editing
from regional_services.notifications.catalogue import KINDS, Channel, Kind, Language
from regional_services.notifications.permissions import EDIT, VIEW

_VISIT = "TM-VISIT-0000000000000000000000000000000001"
_QUEUE = "TM-QUEUE-0000000000000000000000000000000002"
_MONEY = "TM-MONEY-0000000000000000000000000000000003"
_NOTES = "TM-NOTES-0000000000000000000000000000000004"
_ALIPAY = "ali-notes-02"
_PAID = ("booking.pay", "booking.paid", "booking.registered", "booking.refunded", "booking.difference")
# What is to be done, in the twenty characters a field takes: openly, and where the place must not be named.
_HINTS: dict[str, tuple[str, str]] = {
    "booking.pay": ("请在{deadline}前支付", "请在{deadline}前支付"),
    "booking.paid": ("支付成功，{when}", "支付成功，{when}"),
    "booking.registered": ("挂号成功，请就诊前缴费", "挂号成功，请就诊前缴费"),
    "booking.refunded": ("退款已完成，原路退回", "退款已完成，原路退回"),
    "booking.ended": ("{ended}", "预约状态有变化"),
    "booking.altered": ("就诊有调整，可免费退出", "就诊有调整，可免费退出"),
    "queue.placed": ("{room}，前面约{ahead}位", "请登录查看诊室"),
    "queue.near": ("前面{ahead}位，请到{room}", "快到了，请候诊"),
    "queue.called": ("请到{room}就诊", "请就诊"),
    "queue.unanswered": ("已叫号，请尽快到{room}", "已叫号，请尽快前往"),
    "queue.passed": ("已过号，请重排、改约或退号", "已过号，请重排、改约或退号"),
    "waitlist.offered": ("保留到{deadline}，请确认", "保留到{deadline}，请确认"),
    "visit.medicine_ready": ("药已备好：{place}{window}", "药已备好：{place}{window}"),
    "visit.medicine_dispatched": ("{carrier} {tracking}", "{carrier} {tracking}"),
    "identity.rejected": ("{reason}", "详情请登录查看"),
}


class Command(BaseCommand):
    """Publish what no kind has yet; run again it does nothing."""

    help = "Word every kind for WeChat and Alipay with the sandbox's templates."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """The keys first: without them Alipay refuses everything."""
        if OWN_KEY not in ring().references():
            agree_with_alipay()
        made = sum(_word(kind, channel) for kind in KINDS.values() for channel in (Channel.WECHAT, Channel.ALIPAY))
        self.stdout.write(f"{made} wordings published")


def _word(kind: Kind, channel: Channel) -> bool:
    if channel not in kind.channels or editing.view(_EDITOR, kind, channel, Language.ZH).own:
        return False
    values = wechat_values(kind) if channel is Channel.WECHAT else _alipay_values(kind)
    editing.publish(
        actor=_EDITOR, kind=kind.name, channel=channel.value, language=Language.ZH.value, values=values, base=0
    )
    return True


def wechat_values(kind: Kind) -> dict[str, str]:
    """The form of a kind at the official account, as staff would fill it in."""
    opened, discreet = _HINTS.get(kind.name, (kind.zh.title, kind.zh.title))
    place = "thing1={institution}"
    if kind.name in _PAID or kind.name.startswith("payments."):
        template, opened_lines, discreet_lines = _MONEY, ["amount2={fee}"], ["amount2={fee}"]
        last = "thing3"
    elif kind.name.startswith("queue."):
        ticket = "character_string3={ticket}"
        template, last = _QUEUE, "thing4"
        opened_lines, discreet_lines = ["thing2={department}", ticket], ["thing2=门诊", ticket]
    elif {"department", "when"} <= set(kind.variables):
        when = "time3={when}"
        template, last = _VISIT, "thing4"
        opened_lines, discreet_lines = ["thing2={department}", when], ["thing2=门诊", when]
    else:
        template, last, opened_lines, discreet_lines = _NOTES, "thing2", [], []
    return {
        "template_id": template,
        "fields": "\n".join([place, *opened_lines, f"{last}={opened}"]),
        "discreet_fields": "\n".join([place, *discreet_lines, f"{last}={discreet}"]),
    }


def _alipay_values(kind: Kind) -> dict[str, str]:
    opened, discreet = _HINTS.get(kind.name, (kind.zh.title, kind.zh.title))
    place = "keyword1={institution}\nkeyword2="
    return {"template_id": _ALIPAY, "fields": place + opened, "discreet_fields": place + discreet}


def agree_with_alipay() -> None:
    """Make a key of our own and exchange it with the platform's console; both are kept in the ring."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    asked = {"app_id": settings.HUB_ALIPAY_APPID, "public_key": public.decode()}
    try:
        address = f"{settings.HUB_OUTSIDE['alipay']}/console/apps"
        given = httpx.post(address, json=asked, timeout=10).raise_for_status().json()
    except httpx.HTTPError as problem:
        raise CommandError(f"the sandbox's Alipay can't be reached: {problem}") from problem
    ring().put_secret(PLATFORM_KEY, str(given["public_key"]).encode())
    ring().put_secret(
        OWN_KEY,
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


_DEMO = system_actor("demo")
_EDITOR = Actor(kind=_DEMO.kind, id=uuid7(), name=_DEMO.name, permissions=frozenset({EDIT, VIEW}))

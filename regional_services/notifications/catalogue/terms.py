"""The terms of the catalogue: what a kind of message is, which values it may name, through which channels it goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.translation import get_language

from hub import words

FactValue = str | int | datetime | None
"""A fact as callers give it: text, a number or an amount in fen, an instant (UTC); None or "" where it is not known."""


class Channel(words.TextChoices):
    """A way to somebody."""

    IN_SITE = "in_site", "站内消息"
    WECHAT = "wechat", "微信公众号"
    ALIPAY = "alipay", "支付宝"
    APP = "app", "随申办"
    SMS = "sms", "短信"


PUSHED = (Channel.WECHAT, Channel.ALIPAY, Channel.APP)
TEXTED = (*PUSHED, Channel.SMS)
OUTSIDE = TEXTED
"""Every channel that leaves the house, in the order in which they are tried unless the resident prefers another."""


class Language(words.TextChoices):
    """What messages are written in."""

    ZH = "zh", "中文"
    EN = "en", "英文"


class Importance(words.TextChoices):
    """How much depends on it: who may do without it, and how far the hub goes to have it arrive."""

    MUST = "must", "必达"
    SERVICE = "service", "服务"
    CONVENIENCE = "convenience", "便民"


class Audience(StrEnum):
    """Who reads it; staff read in the workspace only."""

    RESIDENT = "resident"
    STAFF = "staff"


class Type(words.TextChoices):
    """What a variable holds; it decides how the value is written in each language."""

    TEXT = "text", "文字"
    NUMBER = "number", "数字"
    MONEY = "money", "金额"
    MOMENT = "moment", "日期和时间"
    TIME = "time", "时刻"
    LINK = "link", "链接"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A value a wording may name in braces. `telling` ones say too much for a locked screen (practice 5)."""

    name: str
    title: str
    type: Type
    example: FactValue
    telling: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The house's own wording in one language, in force until staff publish another."""

    title: str
    text: str
    discreet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of message.

    `page` is the address it leads to, with `{subject}` for the id of the thing. `urgent` passes quiet hours. After
    `lasts` it says nothing any more and is not sent. `channels` are those outside, in-site is always there.
    `hospital_may`: a hospital may word it in its own way.
    """

    name: str
    title: str
    importance: Importance
    variables: tuple[str, ...]
    channels: tuple[Channel, ...]
    page: str
    zh: Words
    en: Words
    urgent: bool = False
    lasts: timedelta = timedelta(hours=24)
    hospital_may: bool = False
    audience: Audience = Audience.RESIDENT

    @property
    def may_be_declined(self) -> bool:
        """Whether a resident may do without it."""
        return self.importance is not Importance.MUST

    @property
    def heading(self) -> str:
        """What the kind is called, in the reader's language."""
        return (self.en if get_language() == "en" else self.zh).title

    def words(self, language: Language) -> Words:
        """The house's wording."""
        return self.en if language is Language.EN else self.zh

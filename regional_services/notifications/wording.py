"""A wording: checked where staff write it, filled in where it is sent. Pure; knows no table.

Text channels (in-site, city app, SMS) have a title, a text and a discreet text. Field channels (WeChat, Alipay) name a
template agreed with the platform and what goes into each of its fields, in an open and a discreet form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from string import Formatter
from typing import Any

from hub import clock, money
from hub.errors import InvalidInput
from regional_services.notifications.catalogue import Channel, FactValue, Kind, Language, Type, Variable, variables_of

FIELD_CHANNELS = frozenset({Channel.WECHAT, Channel.ALIPAY})
LONGEST = {"title": 30, "text": 300, "discreet": 150, "template_id": 64, "field": 120}
NOTHING = "—"  # what a platform is given for a field with nothing in it: it refuses empty ones
_FIELD_NAMES = {
    Channel.WECHAT: re.compile(
        r"(thing|short_thing|character_string|number|letter|symbol|time|date|amount|phrase|name|const)\d{1,2}"
    ),
    Channel.ALIPAY: re.compile(r"first|remark|keyword\d{1,2}"),
}
_FORMATTER = Formatter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What a message says on one channel in one language."""

    title: str = ""
    text: str = ""
    discreet: str = ""
    template_id: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    discreet_fields: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As it is stored; parts this channel has not are left out."""
        parts = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in parts.items() if value}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Wording:
        """As it was stored."""
        return cls(**{name: value for name, value in stored.items() if name in cls.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A wording filled in: words for a person, or the fields of a platform's template."""

    title: str
    text: str
    template_id: str = ""
    fields: dict[str, str] = field(default_factory=dict)


def house_wording(kind: Kind, channel: Channel, language: Language) -> Wording | None:
    """What the house says until staff publish something; None on channels that need a template of the platform."""
    if channel in FIELD_CHANNELS:
        return None
    words = kind.words(language)
    if channel is not Channel.SMS:
        return Wording(title=words.title, text=words.text, discreet=words.discreet)
    look = " {link}"
    return Wording(title=words.title, text=words.text + look, discreet=words.discreet + look)


def fill(wording: Wording, kind: Kind, facts: Mapping[str, FactValue], *, language: Language, discreet: bool) -> Said:
    """The words for the person; a fact that is not known is left out, in a platform's field it becomes a dash."""
    known = variables_of(kind)
    values = {name: written(variable, facts.get(name), language) for name, variable in known.items()}
    chosen = wording.discreet_fields if discreet else wording.fields
    return Said(
        title=wording.title,
        text=(wording.discreet if discreet else wording.text).format_map(values).strip(),
        template_id=wording.template_id,
        fields={name: pattern.format_map(values).strip() or NOTHING for name, pattern in chosen.items()},
    )


def written(variable: Variable, value: FactValue, language: Language) -> str:
    """A fact in the words of a language."""
    if value is None or value == "":
        return ""
    if variable.type is Type.MONEY:
        return money.display(int(str(value)))
    if variable.type in (Type.MOMENT, Type.TIME):
        return _moment(variable.type, value, language)
    return str(value)


def _moment(kind: Type, value: FactValue, language: Language) -> str:
    instant = clock.local(value if isinstance(value, datetime) else datetime.fromisoformat(str(value)))
    if instant.time() == clock.MIDNIGHT and kind is Type.MOMENT:  # a day without a time
        return f"{instant:%d %b}" if language is Language.EN else f"{instant:%m月%d日}"
    if kind is Type.TIME and instant.date() == clock.today():
        return f"{instant:%H:%M}"
    return f"{instant:%d %b, %H:%M}" if language is Language.EN else f"{instant:%m月%d日 %H:%M}"


def read(kind: Kind, channel: Channel, values: Mapping[str, str]) -> Wording:
    """What staff wrote in a form; InvalidInput names each field that is wrong, and which variable it is about.

    The form has `title`, `text`, `discreet`; on field channels `template_id` and, one `field=words` a line, `fields`
    and `discreet_fields`.
    """
    problems: dict[str, str] = {}
    if channel in FIELD_CHANNELS:
        wording = Wording(
            template_id=_plain(values, "template_id", problems),
            fields=_lines(kind, channel, values, "fields", problems),
            discreet_fields=_lines(kind, channel, values, "discreet_fields", problems),
        )
        if not problems and wording.fields.keys() != wording.discreet_fields.keys():
            problems["discreet_fields"] = "两种说法的字段要相同：平台的模板只有一个。"
    else:
        title = _pattern(kind, values, "title", problems) if channel is not Channel.SMS else ""
        wording = Wording(
            title=title,
            text=_pattern(kind, values, "text", problems),
            discreet=_pattern(kind, values, "discreet", problems),
        )
    if problems:
        raise InvalidInput(fields=problems)
    return wording


def _plain(values: Mapping[str, str], name: str, problems: dict[str, str]) -> str:
    text = values.get(name, "").strip()
    if not text or len(text) > LONGEST[name] or not text.isascii():
        problems[name] = "请填写平台给出的模板编号。"
    return text


def _pattern(kind: Kind, values: Mapping[str, str], name: str, problems: dict[str, str]) -> str:
    text = " ".join(values.get(name, "").split())
    wrong = _wrong(kind, text, LONGEST[name], discreet=name != "text")
    if wrong:
        problems[name] = wrong
    return text


def _lines(
    kind: Kind, channel: Channel, values: Mapping[str, str], name: str, problems: dict[str, str]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in filter(None, (line.strip() for line in values.get(name, "").splitlines())):
        key, equals, text = (part.strip() for part in line.partition("="))
        if not equals or not _FIELD_NAMES[channel].fullmatch(key) or key in found:
            problems[name] = f"“{line[:40]}”不是“字段=内容”，或字段名不是平台模板里的写法。"
            return found
        wrong = _wrong(kind, text, LONGEST["field"], discreet=name == "discreet_fields")
        if wrong:
            problems[name] = f"{key}：{wrong}"
            return found
        found[key] = text
    if not found:
        problems[name] = "请至少填写一个字段。"
    return found


def _wrong(kind: Kind, text: str, longest: int, *, discreet: bool) -> str:
    """What is wrong with a text; empty if nothing is. A title shows on locked screens like the discreet text."""
    if not text or len(text) > longest:
        return f"请填写，不超过 {longest} 字。"
    try:
        named = [part[1:] for part in _FORMATTER.parse(text) if part[1] is not None]
    except ValueError:
        return "大括号没有成对：变量写作 {变量名}。"
    known = variables_of(kind)
    for name, layout, conversion in named:
        if name not in known or layout or conversion:
            return f"没有变量 {{{name}}}，可用的变量见右侧。"
        if discreet and known[name].telling:
            return f"变量 {{{name}}}（{known[name].title}）会透露就诊信息，不能用在这里。"
    return ""

"""消息文案, the same pages for the district and for a hospital's own: kinds, one wording with preview and history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext

from hub.actor import Actor
from hub.errors import HubError, InvalidInput, NotFound
from portal.desk.pages import desk
from regional_services.notifications import editing, wording
from regional_services.notifications.catalogue import Channel, Kind, Language, variables_of
from regional_services.notifications.permissions import EDIT, WORD
from regional_services.notifications.wording import FIELD_CHANNELS, LONGEST, Wording

ACTIVE = "wordings"
EXAMPLE = {
    Channel.WECHAT: "thing1={institution}\ntime3={when}",
    Channel.ALIPAY: "keyword1={institution}\nkeyword2={when}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One field of the editor."""

    name: str
    title: str
    value: str
    longest: int
    lines: int
    problem: str
    hint: str


def kinds(request: HttpRequest, actor: Actor, here: str) -> HttpResponse:
    """Every kind, with where it is worded."""
    published = editing.overview(actor)
    rows = [
        (kind, [(channel, published.get((kind.name, channel), 0)) for channel in editing.channels_of(kind)])
        for kind in editing.kinds_for(actor)
    ]
    return desk(request, actor, "wordings", ACTIVE, {"here": here, "rows": rows, "may_edit": actor.may(EDIT)})


def edit(request: HttpRequest, actor: Actor, here: str, names: tuple[str, str, str]) -> HttpResponse:
    """One wording: what is in force, the editor with its preview, earlier versions; sent, it is published."""
    kind, channel, language = editing.read_place(*names)
    problem: HubError | None = None
    if request.method == "POST":
        try:
            base = _number(request.POST.get("base", ""))
            made = editing.publish(
                actor=actor, kind=kind.name, channel=channel, language=language, values=request.POST.dict(), base=base
            )
            text = gettext("第 %(made)s 版已发布，之后的消息按新文案。") % {"made": made}
            messages.success(request, text, extra_tags="ok")
            return HttpResponseRedirect(f"{here}/{'/'.join(names)}")
        except NotFound:
            raise
        except HubError as refusal:
            problem = refusal
    found = editing.view(actor, kind, channel, language)
    values = request.POST.dict() if request.method == "POST" else _values(found.in_force)
    context = {
        "here": here,
        "address": f"{here}/{'/'.join(names)}",
        "found": found,
        "parts": _parts(channel, values, problem.fields if problem else {}),
        "error": problem.text if problem and not problem.fields else "",
        "variables": list(variables_of(kind).values()),
        "languages": Language.choices,
        "channels": editing.channels_of(kind),
        "may_write": actor.may(WORD if actor.institution else EDIT),
        **_preview(kind, channel, language, values),
    }
    answer = desk(request, actor, "wording", ACTIVE, context)
    answer.status_code = problem.status if problem else 200
    return answer


def preview(request: HttpRequest, names: tuple[str, str, str]) -> HttpResponse:
    """What residents would read of what stands in the editor now."""
    kind, channel, language = editing.read_place(*names)
    return render(request, "portal/desk/wording_preview.html", _preview(kind, channel, language, request.POST.dict()))


def roll_back(request: HttpRequest, actor: Actor, here: str, names: tuple[str, str, str]) -> HttpResponse:
    """Publish an earlier version again, or withdraw the own words (version 0)."""
    kind, channel, language = names
    try:
        made = editing.roll_back(
            actor=actor,
            kind=kind,
            channel=channel,
            language=language,
            version=_number(request.POST.get("version", "")),
            base=_number(request.POST.get("base", "")),
        )
        text = gettext("已恢复，作为第 %(made)s 版生效。") % {"made": made}
        messages.success(request, text, extra_tags="ok")
    except NotFound:
        raise
    except HubError as problem:
        messages.error(request, " ".join(problem.fields.values()) or problem.text, extra_tags="bad")
    return HttpResponseRedirect(f"{here}/{'/'.join(names)}")


def _number(text: str) -> int:
    """A version a form names; one that is none is no version."""
    return int(text) if text.isdecimal() and len(text) < 8 else -1


def _values(content: Wording | None) -> dict[str, str]:
    if content is None:
        return {}
    return {
        "title": content.title,
        "text": content.text,
        "discreet": content.discreet,
        "template_id": content.template_id,
        "fields": "\n".join(f"{name}={text}" for name, text in content.fields.items()),
        "discreet_fields": "\n".join(f"{name}={text}" for name, text in content.discreet_fields.items()),
    }


def _parts(channel: Channel, values: Mapping[str, str], problems: Mapping[str, str]) -> list[Part]:
    if channel in FIELD_CHANNELS:
        hint = gettext("每行一个字段，如") + " " + EXAMPLE[channel].replace("\n", " ⏎ ")
        shown = [
            ("template_id", gettext("平台模板编号"), 1, ""),
            ("fields", gettext("字段内容"), 5, hint),
            ("discreet_fields", gettext("隐私字段内容（敏感科室用）"), 5, gettext("不得出现科室、医生等变量")),
        ]
    else:
        shown = [
            ("title", gettext("标题"), 1, ""),
            ("text", gettext("正文"), 4, ""),
            ("discreet", gettext("隐私正文（敏感科室用）"), 3, gettext("不得出现科室、医生等变量")),
        ]
        shown = shown[1:] if channel is Channel.SMS else shown
    return [
        Part(
            name=name,
            title=title,
            value=values.get(name, ""),
            longest=LONGEST.get(name, 900),
            lines=lines,
            problem=problems.get(name, ""),
            hint=hint,
        )
        for name, title, lines, hint in shown
    ]


def _preview(kind: Kind, channel: Channel, language: Language, values: Mapping[str, str]) -> dict[str, object]:
    try:
        content = wording.read(kind, channel, values)
    except InvalidInput as problem:
        return {"shown": None, "slips": list(problem.fields.values()) if any(values.values()) else []}
    opened, discreet = editing.preview(kind, language, content)
    return {"shown": [(gettext("一般"), opened), (gettext("敏感科室"), discreet)], "slips": []}

"""候诊规则: who calls, how people check in, who goes first, what becomes of who is late or was missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from hub import clock
from hub.actor import Actor
from hub.errors import HubError, InvalidInput
from hub.tenancy.scope import hospital
from portal.desk.pages import desk, desk_page, own_hospital, refusal_of
from tenants.queueing import permissions, selectors, services
from tenants.queueing.rules import Caller, Priority, Rules, Way

PAGE = "/workspace/queue-rules"
LONGEST_ADVANCE = 120


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the rules: its name there, its words, and the least and the most it may be."""

    name: str
    title: Any
    least: int
    most: int


FIGURES = (
    Figure("late_minutes", gettext_lazy("超过预约时段多少分钟算迟到"), 0, 120),
    Figure("late_places", gettext_lazy("迟到者报到后，排在几位之后"), 0, 20),
    Figure("missed_places", gettext_lazy("过号者回来后，排在几位之后"), 0, 20),
    Figure("return_places", gettext_lazy("检查回来后，排在几位之后"), 0, 20),
    Figure("answer_seconds", gettext_lazy("叫号后等待多少秒可过号"), 30, 600),
    Figure("emergency_run", gettext_lazy("急症最多连续叫几位"), 1, 10),
    Figure("near_ahead", gettext_lazy("前面还剩几位时提醒患者"), 0, 10),
    Figure("opens_minutes", gettext_lazy("自动签到提前多少分钟"), 0, 240),
    Figure("place_metres", gettext_lazy("定位签到的距离（米）"), 50, 5000),
)


@require_http_methods(["GET", "POST"])
@desk_page(permissions.VIEW, whole=True)
def page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The rules that hold, those that held, and the form that replaces them."""
    code = own_hospital(actor)
    problems: dict[str, str] = {}
    if request.method == "POST":
        if not actor.may(permissions.RULES):
            raise refusal_of(permissions.RULES)
        try:
            services.set_rules(actor=actor, hospital=code, rules=_wish(request.POST), effective_from=clock.now())
            messages.success(request, _("规则已生效，候诊顺序随之更新。"), extra_tags="ok")
            return HttpResponseRedirect(PAGE)
        except HubError as refusal:
            problems = dict(refusal.fields) or {"": refusal.text}
    with hospital(code, read_only=True):
        rules = selectors.current_rules(clock.now())
        history = selectors.rule_history()
    typed = request.POST if problems else _typed(rules)
    context = {
        "rules": rules,
        "history": history,
        "problems": problems,
        "typed": typed,
        "callers": [(one.value, one.text, typed.get("caller") == one.value) for one in Caller],
        "ways": [(way.value, way.text, way.value in typed.getlist("ways")) for way in Way],
        "figures": [(one, typed.get(one.name, ""), problems.get(one.name, "")) for one in FIGURES],
        "advances": [
            (kind, typed.get(_advance_name(kind), ""), problems.get(_advance_name(kind), "")) for kind in _AHEAD
        ],
        "longest": LONGEST_ADVANCE,
        "may_set": actor.may(permissions.RULES),
    }
    answer = desk(request, actor, "queue_rules", "queues", context)
    answer.status_code = 422 if problems else 200
    return answer


_AHEAD = tuple(kind for kind in Priority if kind not in (Priority.NONE, Priority.EMERGENCY))


def _advance_name(kind: Priority) -> str:
    return f"advance_{kind.value}"


def _typed(rules: Rules) -> QueryDict:
    """The rules as a form would send them."""
    typed = QueryDict(mutable=True)
    typed["caller"] = rules.caller.value
    typed.setlist("ways", [way.value for way in rules.ways])
    for figure in FIGURES:
        typed[figure.name] = str(getattr(rules, figure.name))
    for kind in _AHEAD:
        typed[_advance_name(kind)] = str(rules.advance.get(kind, 0))
    for flag in _FLAGS:
        if getattr(rules, flag):
            typed[flag] = "on"
    return typed


_FLAGS = ("auto_present", "remind_by_clock")


def _wish(typed: QueryDict) -> Rules:
    """The rules of the form; InvalidInput names each figure that is none."""
    problems: dict[str, str] = {}

    def figure(name: str, least: int, most: int) -> int:
        text = typed.get(name, "").strip()
        value = int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else -1
        if not least <= value <= most:
            problems[name] = _("请填写 %(least)s 到 %(most)s 之间的整数。") % {"least": least, "most": most}
        return value

    figures: dict[str, Any] = {one.name: figure(one.name, one.least, one.most) for one in FIGURES}
    advance = {kind: figure(_advance_name(kind), 0, LONGEST_ADVANCE) for kind in _AHEAD}
    callers = {one.value: one for one in Caller}
    if typed.get("caller") not in callers:
        problems["caller"] = _("请选择由谁叫号。")
    if problems:
        raise InvalidInput(_("有的数字不对，规则没有改动。"), fields=problems)
    return Rules(
        caller=callers[str(typed.get("caller"))],
        ways=tuple(way for way in Way if way.value in typed.getlist("ways")),
        advance=advance,
        **{flag: flag in typed for flag in _FLAGS},
        **figures,
    )


_DIGITS = 6

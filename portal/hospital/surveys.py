"""满意度: a hospital's figures, its questions, its style."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from portal.components.charts import bars
from portal.components.sheets import begun
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital.parts import date_of
from regional_services.survey import questions, selectors, services
from regional_services.survey.models import Colour
from regional_services.survey.permissions import EDIT, EXPORT, VIEW
from regional_services.survey.questions import Kind, Question

SPAN = timedelta(days=29)
HERE = "/workspace/surveys"
SPARE = 2  # empty rows in the editor


@require_GET
@desk_page(VIEW)
def statistics(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What was answered in a span, each question with its plot."""
    first, last = _span(request)
    found = selectors.figures(actor, first, last)
    context = {
        "first": first,
        "last": last,
        "found": found,
        "share": round(100 * found.answered / found.invited) if found.invited else 0,
        "questions": [(row, bars(row.marks, title=row.question.text) if row.marks else "") for row in found.questions],
        "may_edit": actor.may(EDIT),
        "may_export": actor.may(EXPORT),
    }
    return desk(request, actor, "surveys", "surveys", context)


@require_GET
@desk_page(EXPORT, step_up=True)
def export(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The figures and every comment of the span as a table file; nobody who answered is in it."""
    first, last = _span(request)
    number, found = selectors.exported(actor, first, last)
    sheet = begun(actor, number, "surveys.csv")
    sheet.row([gettext("从"), first, gettext("到"), last])
    sheet.row([gettext("发出邀请"), found.invited, gettext("其中已答"), found.answered])
    sheet.row(
        [
            gettext("问题"),
            gettext("题型"),
            gettext("选项"),
            gettext("人数"),
            gettext("平均"),
            gettext("日期"),
            gettext("内容"),
        ]
    )
    for row in found.questions:
        asked = [row.question.text, row.question.kind.label]
        mean = "" if row.mean is None else f"{row.mean:.2f}"
        for words, count in row.marks:
            sheet.row([*asked, words, count, mean, "", ""])
        for at, text in row.comments:
            sheet.row([*asked, "", "", "", f"{clock.local(at):%Y-%m-%d}", text])
    return sheet.answer


def _span(request: HttpRequest) -> tuple[date, date]:
    """The days asked for, the last thirty without any."""
    last = date_of(request, "until") or clock.today()
    return min(date_of(request, "since") or last - SPAN, last), last


@require_http_methods(["GET", "POST"])
@desk_page(EDIT)
def template(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The questions: look at them as residents will, then publish the next version."""
    version, asked = selectors.current_questions(own_hospital(actor))
    values = request.POST.dict() if request.method == "POST" else _values(asked)
    preview: tuple[Question, ...] = ()
    problem: HubError | None = None
    if request.method == "POST":
        try:
            preview = questions.read(values)
            if values.get("act") == "publish":
                base = _number(values.get("base", ""))
                made = services.publish_questions(actor=actor, asked=preview, base=base)
                messages.success(
                    request, gettext("第 %(made)s 版已发布，之后的调查按新问题。") % {"made": made}, extra_tags="ok"
                )
                return HttpResponseRedirect(f"{HERE}/template")
        except HubError as refusal:
            problem = refusal
    context = {
        "version": version,
        "rows": [_row(place, values, problem) for place in range(1, _places(values) + 1)],
        "kinds": list(Kind),
        "preview": [(question, "", "") for question in preview],
        "error": problem.text if problem else "",
        "may_edit": True,
    }
    return _answer(request, actor, "survey_template", context, problem)


def _answer(
    request: HttpRequest, actor: Actor, name: str, context: dict[str, object], problem: HubError | None
) -> HttpResponse:
    answer = desk(request, actor, name, "surveys", context)
    answer.status_code = problem.status if problem else 200
    return answer


def _number(text: str) -> int:
    """A version a form names; one that is none is no version."""
    return int(text) if text.isdecimal() and len(text) < 8 else -1


def _values(asked: tuple[Question, ...]) -> dict[str, str]:
    values: dict[str, str] = {}
    for place, question in enumerate(asked, start=1):
        values |= {
            f"text-{place}": question.text,
            f"kind-{place}": question.kind.value,
            f"options-{place}": "、".join(question.options),
            f"required-{place}": "1" if question.required else "",
        }
    return values


def _places(values: dict[str, str]) -> int:
    """How many rows the form has: those with words in them, and some more to write in."""
    last = max((place for place in range(1, questions.MOST + 1) if values.get(f"text-{place}", "").strip()), default=0)
    return min(last + SPARE, questions.MOST)


def _row(place: int, values: dict[str, str], problem: HubError | None) -> dict[str, object]:
    return {
        "place": place,
        "text": values.get(f"text-{place}", ""),
        "kind": values.get(f"kind-{place}", ""),
        "options": values.get(f"options-{place}", ""),
        "required": values.get(f"required-{place}", "") == "1",
        "problem": problem.fields.get(f"text-{place}", "") if problem else "",
    }


@require_http_methods(["GET", "POST"])
@desk_page(EDIT)
def style(request: HttpRequest, actor: Actor) -> HttpResponse:
    """How the questionnaire looks; published apart from its questions."""
    code = own_hospital(actor)
    problem: HubError | None = None
    if request.method == "POST":
        try:
            base = _number(request.POST.get("base", ""))
            made = services.publish_style(actor=actor, values=request.POST.dict(), base=base)
            messages.success(
                request, gettext("样式第 %(made)s 版已发布，之后的调查按新样式。") % {"made": made}, extra_tags="ok"
            )
            return HttpResponseRedirect(f"{HERE}/style")
        except HubError as refusal:
            problem = refusal
    current = selectors.current_style(code)
    _version, asked = selectors.current_questions(code)
    shown = {"colour": current.colour, "greeting": current.greeting, "thanks": current.thanks}
    context = {
        "current": current,
        "filled": {**shown, **request.POST.dict()},
        "colours": Colour.choices,
        "preview": [(question, "", "") for question in asked],
        "problems": problem.fields if problem else {},
        "error": problem.text if problem else "",
        "may_edit": True,
    }
    return _answer(request, actor, "survey_style", context, problem)

"""Joining: fill in a form or paste a line of CSV, watch the steps, correct, open."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub.actor import Actor
from hub.errors import HubError
from portal.components.paging import leaf_of
from portal.desk.pages import desk
from portal.region.pages import district_page
from tenants.registry import drafts, joining, onboarding
from tenants.registry.models import OnboardingState
from tenants.registry.permissions import LIFE

PAGE = 50


def _here(code: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(f"/district/joining/{code}")


@require_GET
@district_page(LIFE)
def listing(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The institutions on their way in, newest first."""
    return desk(request, actor, "joinings", "joining", {"leaf": leaf_of(request, joining.joinings(), PAGE)})


@require_http_methods(["GET", "POST"])
@district_page(LIFE)
def new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The form; a pasted line of CSV fills it, and is shown before anything is begun."""
    filled = {field.name: field.default for field in drafts.FIELDS}
    if request.method == "GET":
        return _form(request, actor, filled)
    filled |= request.POST.dict()
    try:
        if request.POST.get("act") == "fill":
            return _form(request, actor, filled | drafts.from_csv(request.POST.get("csv", "")))
        code = onboarding.begin(actor=actor, values=filled, secret=request.POST.get("secret", ""))
    except HubError as problem:
        if not problem.fields:
            messages.error(request, problem.text, extra_tags="bad")
        return _form(request, actor, filled, problem.fields, problem.status)
    return _here(code)


def _form(
    request: HttpRequest,
    actor: Actor,
    filled: dict[str, str],
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    wrong = problems or {}
    answer = desk(
        request,
        actor,
        "joining_new",
        "joining",
        {
            "facts": _filled(drafts.FACTS, filled, wrong),
            "connector": _filled(drafts.CONNECTOR, filled, wrong),
            "problems": wrong,
            "csv": filled.get("csv", ""),
            "heading": ",".join(drafts.COLUMNS),
        },
    )
    answer.status_code = status
    return answer


def _filled(
    fields: tuple[drafts.Field, ...], filled: dict[str, str], wrong: dict[str, str]
) -> list[tuple[drafts.Field, str, str]]:
    return [(field, filled.get(field.name, ""), wrong.get(field.name, "")) for field in fields]


def _told(facts: dict[str, str]) -> list[tuple[str, str]]:
    """What was filled in, in the form's own words."""
    return [(field.text, dict(field.choices).get(facts[field.name], facts[field.name])) for field in drafts.FACTS]


@require_GET
@district_page(LIFE)
def progress(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """The steps of one institution, refreshed while a worker is at them."""
    return _progress(request, actor, code)


def _progress(
    request: HttpRequest, actor: Actor, code: str, problems: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    view = joining.joining(code)
    template = "joining_live" if request.headers.get("HX-Request") else "joining"
    context = {
        "joining": view,
        "facts": _told(view.facts),
        "problems": problems or {},
        "connector": _filled(drafts.CONNECTOR, {**view.connector, **request.POST.dict()}, problems or {}),
        "is_stuck": view.state is OnboardingState.STUCK,
        "is_ready": view.state is OnboardingState.READY,
        "is_live": view.state is OnboardingState.LIVE,
    }
    answer = desk(request, actor, template, "joining", context)
    answer.status_code = status
    return answer


@require_POST
@district_page(LIFE)
def correct(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """Change the connector and take its steps again."""
    try:
        onboarding.correct(actor=actor, code=code, values=request.POST.dict(), secret=request.POST.get("secret", ""))
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
        return _progress(request, actor, code, problem.fields, problem.status)
    return _here(code)


@require_POST
@district_page(LIFE)
def again(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """Take the open steps again."""
    onboarding.take_again(actor=actor, code=code)
    return _here(code)


@require_POST
@district_page(LIFE)
def open_up(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """Let residents in."""
    try:
        onboarding.open_institution(actor=actor, code=code)
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
        return _here(code)
    messages.success(request, gettext("已开通：科室和号源正在同步，几分钟后居民就能预约。"), extra_tags="ok")
    return HttpResponseRedirect(f"/district/institutions/{code}")

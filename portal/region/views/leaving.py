"""Leaving: what it would mean, the confirmation, the progress, the key, two persons' destruction, the paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.booking import ending
from regional_services.leaving import keeping, permissions, selectors, services
from regional_services.leaving.errors import NotYet
from regional_services.leaving.models import Stage
from regional_services.leaving.stages import PER_TURN
from tenants.registry import selectors as registry

TURNS_A_MINUTE = 12


@require_GET
@district_page(permissions.VIEW)
def listing(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who is on the way out, and who has left."""
    rows = [(view, registry.institution(view.code).name) for view in selectors.leavings()]
    return desk(request, actor, "leavings", "leaving", {"rows": rows})


@require_http_methods(["GET", "POST"])
@district_page(permissions.BEGIN)
def begin(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """What leaving would end, counted now; then the confirmation in words and with the code typed."""
    if selectors.find(code) is not None:
        return HttpResponseRedirect(f"/district/leaving/{code}")
    filled = {"last_day": str(clock.today()), **request.GET.dict(), **request.POST.dict()}
    problems: dict[str, str] = {}
    last_day = _day(filled["last_day"])
    if request.method == "POST":
        try:
            services.begin(
                actor=actor,
                code=code,
                typed=filled.get("typed", ""),
                words=filled.get("words", ""),
                reason=filled.get("reason", ""),
                last_day=last_day,
            )
        except HubError as problem:
            problems = problem.fields
            if not problems:
                messages.error(request, problem.text, extra_tags="bad")
        else:
            messages.success(request, gettext("已开始办理退出：新的预约已停止，以后的预约正在取消。"), extra_tags="ok")
            return HttpResponseRedirect(f"/district/leaving/{code}")
    expected = ending.to_come(code, last_day)
    minutes = -(-expected.bookings // (PER_TURN * TURNS_A_MINUTE))
    context = {
        "institution": registry.institution(code),
        "expected": expected,
        "minutes": minutes,
        "filled": filled,
        "last_day": last_day,
        "problems": problems,
    }
    answer = desk(request, actor, "leaving_new", "leaving", context)
    answer.status_code = 422 if problems else 200
    return answer


@require_GET
@district_page(permissions.VIEW)
def progress(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """How far it is; refreshed by itself while a worker is at it."""
    return _page(request, actor, code)


def _page(
    request: HttpRequest, actor: Actor, code: str, problems: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    view = selectors.leaving(code)
    live = bool(request.headers.get("HX-Request"))
    context: dict[str, Any] = {
        "leaving": view,
        "institution": registry.institution(code),
        "problems": problems or {},
        "values": request.POST.dict(),
        "is_receipt": view.stage is Stage.RECEIPT,
        "is_deciding": view.stage is Stage.DECIDING,
        "has_left": view.stage is Stage.LEFT,
        "is_asked": view.asked_by is not None,
        "is_own_asking": view.asked_by == actor.id,
        "retention": keeping.kept(),
        "may_hand_key": actor.may(permissions.HAND_KEY) and view.has_package,
        "may_hold": actor.may(permissions.HOLD) and view.stage not in (Stage.DESTROYING, Stage.LEFT),
        "may_ask": actor.may(permissions.ASK),
        "may_confirm": actor.may(permissions.CONFIRM),
    }
    answer = desk(request, actor, "leaving_live" if live else "leaving", "leaving", context)
    answer.status_code = status
    return answer


@require_POST
@district_page(permissions.HAND_KEY, step_up=True)
def key(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """The package's key on a sheet of its own, to be handed over apart from the package."""
    shown = services.show_key(actor=actor, code=code)
    context = {"leaving": selectors.leaving(code), "institution": registry.institution(code), "key": shown}
    answer = desk(request, actor, "leaving_key", "leaving", context)
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@district_page(permissions.HOLD, step_up=True)
def hold(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """Put under legal hold, or lift it."""
    on, reason = request.POST.get("to") == "on", request.POST.get("hold_reason", "")
    done = gettext("已设置法定保留：密钥不会销毁。") if on else gettext("法定保留已解除。")
    return _act(request, actor, code, done, lambda: services.set_hold(actor=actor, code=code, on=on, reason=reason))


@require_POST
@district_page(permissions.ASK, step_up=True)
def ask(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """The first person."""
    typed, reason = request.POST.get("typed", ""), request.POST.get("destruction_reason", "")
    return _act(
        request,
        actor,
        code,
        gettext("已提出销毁申请，等待安全管理员确认。"),
        lambda: services.ask_destruction(actor=actor, code=code, typed=typed, reason=reason),
    )


@require_POST
@district_page(permissions.CONFIRM, step_up=True)
def confirm(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """The second person."""
    typed = request.POST.get("typed", "")
    return _act(
        request,
        actor,
        code,
        gettext("已确认：正在销毁密钥。"),
        lambda: services.confirm_destruction(actor=actor, code=code, typed=typed),
    )


@require_GET
@district_page(permissions.VIEW)
def certificate(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """The certificate of destruction, to be printed."""
    view = selectors.leaving(code)
    if view.certificate is None:
        raise NotYet
    context = {"leaving": view, "institution": registry.institution(code), "paper": view.certificate}
    return desk(request, actor, "leaving_certificate", "leaving", context)


def _act(request: HttpRequest, actor: Actor, code: str, done: str, act: Callable[[], None]) -> HttpResponse:
    try:
        act()
    except HubError as problem:
        if not problem.fields:
            messages.error(request, problem.text, extra_tags="bad")
        return _page(request, actor, code, problem.fields, problem.status)
    messages.success(request, done, extra_tags="ok")
    return HttpResponseRedirect(f"/district/leaving/{code}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return clock.today()

"""Third-party entries: who may send people here, with which keys, into what, and what became of it (JA-ENTRY)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError, InvalidInput
from portal.components.paging import leaf_of
from portal.components.sheets import Sheet
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.catalog import offers
from regional_services.catalog.permissions import RULES
from regional_services.entries import managing, selectors, signing
from regional_services.entries.managing import CallerWish
from regional_services.entries.models import Algorithm
from regional_services.entries.permissions import MANAGE, VIEW
from tenants.directory.models import Service
from tenants.registry import selectors as registry

HERE = "/district/entries"
PAGE = 50
SPANS = (7, 30, 90)


@require_GET
@district_page(VIEW)
def listing(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All callers with their last thirty days, and whom each service is for. Five queries."""
    text = request.GET.get("q", "").strip()
    today = clock.today()
    span = (today - timedelta(days=29), today)
    sums = selectors.totals(*span)
    rows = [row for row in managing.callers(actor) if text in row.name or text in row.code]
    leaf = leaf_of(request, rows, PAGE)
    now = clock.now()
    context = {
        "rows": [(row, *sums.get(row.id, (0, 0)), sum(key.counts_at(now) for key in row.keys)) for row in leaf.rows],
        "leaf": leaf,
        "q": text,
        "unknown": selectors.unknown_callers(*span),
        "rules": [rule for rule in offers.rules() if rule.service is not Service.OUTPATIENT],
        "may_manage": actor.may(MANAGE),
        "may_rule": actor.may(RULES),
    }
    return desk(request, actor, "entries", "entries", context)


@require_http_methods(["GET", "POST"])
@district_page(MANAGE)
def new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Register a caller; its first key is made on the next page."""
    filled = _filled(request)
    context = {**_choices(), "filled": filled, "code": request.POST.get("code", "").strip()}
    if request.method == "GET":
        return desk(request, actor, "entry_new", "entries", context)
    try:
        caller_id = managing.register(actor=actor, code=str(context["code"]), wish=filled)
    except HubError as problem:
        answer = desk(request, actor, "entry_new", "entries", {**context, "problems": problem.fields})
        answer.status_code = problem.status
        return answer
    messages.success(request, gettext("已登记。请生成第一把密钥并交给对方。"), extra_tags="ok")
    return HttpResponseRedirect(f"{HERE}/{caller_id}")


@require_GET
@district_page(VIEW)
def one(request: HttpRequest, actor: Actor, caller_id: UUID) -> HttpResponse:
    """One caller: what is written of it, its keys, its figures."""
    return _shown(request, actor, caller_id)


def _shown(request: HttpRequest, actor: Actor, caller_id: UUID, **more: object) -> HttpResponse:
    row, now = managing.caller(actor, caller_id), clock.now()
    days = _days(request)
    context = {
        **_choices(),
        "row": row,
        "filled": CallerWish(
            name=row.name,
            contact=row.contact,
            services=tuple(row.services),
            places=row.places,
            returns=row.returns,
        ),
        "keys": [(key, key.counts_at(now)) for key in row.keys],
        "algorithms": Algorithm.choices,
        "uses_rsa": any(key.algorithm == Algorithm.RSA and key.counts_at(now) for key in row.keys),
        "hub_key": signing.own_public_key() if any(key.algorithm == Algorithm.RSA for key in row.keys) else "",
        "figures": selectors.figures_of(caller_id, clock.today() - timedelta(days=days - 1), clock.today()),
        "days": days,
        "spans": SPANS,
        "may_manage": actor.may(MANAGE),
        **more,
    }
    return desk(request, actor, "entry_one", "entries", context)


@require_POST
@district_page(MANAGE)
def change(request: HttpRequest, actor: Actor, caller_id: UUID) -> HttpResponse:
    """What is written of it."""
    filled = _filled(request)
    try:
        managing.change(actor=actor, caller_id=caller_id, wish=filled)
    except InvalidInput as problem:
        answer = _shown(request, actor, caller_id, filled=filled, problems=problem.fields)
        answer.status_code = problem.status
        return answer
    messages.success(request, gettext("已保存，下一次点击即生效。"), extra_tags="ok")
    return HttpResponseRedirect(f"{HERE}/{caller_id}")


@require_POST
@district_page(MANAGE, step_up=True)
def switch(request: HttpRequest, actor: Actor, caller_id: UUID) -> HttpResponse:
    """Switch it on or off."""
    on = request.POST.get("on") == "1"
    done = gettext("已启用。") if on else gettext("已停用，它的链接从现在起都不能进入。")
    return _done(request, caller_id, done, lambda: managing.switch(actor=actor, caller_id=caller_id, on=on))


@require_POST
@district_page(MANAGE, step_up=True)
def add_key(request: HttpRequest, actor: Actor, caller_id: UUID) -> HttpResponse:
    """A new key; a shared secret is shown on the answer, this once."""
    days = request.POST.get("overlap_days", "")
    try:
        made = managing.add_key(
            actor=actor,
            caller_id=caller_id,
            algorithm=request.POST.get("algorithm", ""),
            public_key=request.POST.get("public_key", ""),
            overlap_days=int(days) if days.isdecimal() and len(days) < 4 else -1,
        )
    except InvalidInput as problem:
        answer = _shown(request, actor, caller_id, key_problems=problem.fields)
        answer.status_code = problem.status
        return answer
    if not made.secret:
        messages.success(request, gettext("公钥已登记。"), extra_tags="ok")
        return HttpResponseRedirect(f"{HERE}/{caller_id}")
    return desk(request, actor, "entry_key", "entries", {"made": made, "row": managing.caller(actor, caller_id)})


@require_POST
@district_page(MANAGE, step_up=True)
def end_key(request: HttpRequest, actor: Actor, caller_id: UUID, key_id: UUID) -> HttpResponse:
    """This key counts no longer."""
    return _done(
        request,
        caller_id,
        gettext("密钥已失效。"),
        lambda: managing.end_key(actor=actor, caller_id=caller_id, key_id=key_id),
    )


@require_GET
@district_page(VIEW)
def figures_csv(request: HttpRequest, actor: Actor, caller_id: UUID) -> HttpResponse:
    """The figures by day: nothing personal."""
    row, days = managing.caller(actor, caller_id), _days(request)
    found = selectors.figures_of(caller_id, clock.today() - timedelta(days=days - 1), clock.today())
    sheet = Sheet(f"entries-{row.code}.csv")
    sheet.row(
        [gettext("日期"), gettext("进入"), gettext("完成准备"), gettext("预约"), gettext("返回"), gettext("拒绝")]
    )
    for day in found.days:
        sheet.row([day.day, day.arrived, day.ready, day.booked, day.returned, day.refused])
    return sheet.answer


@require_POST
@district_page(RULES)
def change_rule(request: HttpRequest, actor: Actor, service: str) -> HttpResponse:
    """Whom a service is for."""
    first, below = _months(request, "from_months"), _months(request, "below_months")
    try:
        offers.change_rule(
            actor=actor,
            service=service,
            from_months=first or 0,
            below_months=below,
            bring=request.POST.get("bring", ""),
        )
        messages.success(request, gettext("已保存，从现在起的预约按新的年龄范围。"), extra_tags="ok")
    except InvalidInput as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect(HERE)


def _done(request: HttpRequest, caller_id: UUID, done: str, act: Callable[[], None]) -> HttpResponse:
    act()
    messages.success(request, done, extra_tags="ok")
    return HttpResponseRedirect(f"{HERE}/{caller_id}")


def _months(request: HttpRequest, name: str) -> int | None:
    text = request.POST.get(name, "").strip()
    if not text:
        return None
    return int(text) if text.isdecimal() and len(text) < 6 else -1


def _days(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked.isdecimal() and int(asked) in SPANS else 30


def _filled(request: HttpRequest) -> CallerWish:
    lines = [line.strip() for line in request.POST.get("returns", "").splitlines()]
    return CallerWish(
        name=request.POST.get("name", ""),
        contact=request.POST.get("contact", ""),
        services=tuple(request.POST.getlist("services")),
        places=tuple(request.POST.getlist("places")),
        returns=tuple(line for line in lines if line),
    )


def _choices() -> dict[str, object]:
    return {
        "services": Service.choices,
        "places": [(view.code, view.short_name) for view in registry.institutions() if view.is_shown],
    }

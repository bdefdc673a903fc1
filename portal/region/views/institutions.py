"""The institutions: their list, and one of them with everything the district may set there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from hub import clock
from hub.actor import Actor
from hub.audit.selectors import Search, entries_of
from hub.errors import HubError
from hub.tenancy.models import TenantState
from hub.tenancy.registry import state_of
from hub.tenancy.scope import REGION
from hub.tenancy.scope import hospital as hospital_scope
from institution_connectors.catalog import permissions as connector_permissions
from institution_connectors.catalog import selectors as connectors
from institution_connectors.catalog import services as connector_services
from institution_connectors.contracts import Operation
from institution_connectors.exchange import health as connector_health
from institution_connectors.exchange import selectors as exchange
from institution_connectors.exchange.models import State as ExchangeState
from portal.components.paging import leaf_of
from portal.desk.lights import light, lights
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.booking import figures as bookings
from regional_services.booking import permissions
from regional_services.catalog import selectors as catalog
from regional_services.leaving import permissions as leaving_permissions
from regional_services.payments import selectors as payments
from regional_services.statistics import selectors as statistics
from regional_services.synthetic import selectors as synthetic
from tenants.registry import permissions as registry_permissions
from tenants.registry import selectors as registry
from tenants.registry import services
from tenants.registry.rules import RULES

NOTHING = bookings.DayFigures(created=0, booked=0, cancelled=0, failed=0, paid_fen=0)
TROUBLE = (ExchangeState.UNKNOWN, ExchangeState.REJECTED)
LAST = 10
PAGE = 100
LIGHTS = {"trouble": "需要处理", "bad": "红灯", "warn": "黄灯", "off": "无信号", "ok": "正常"}
STATES = dict(TenantState.choices)
ACTS = {
    "registry.onboarding_begun": "发起接入",
    "registry.onboarding_corrected": "更正接口资料",
    "registry.onboarding_resumed": "继续接入",
    "registry.onboarding_carried_on": "办理接入步骤",
    "registry.onboarding_step": "接入步骤结束",
    "registry.institution_stored": "登记资料",
    "registry.live": "开通或恢复",
    "registry.suspended": "暂停",
    "registry.leaving": "开始退出",
    "registry.left": "已退出",
    "leaving.stage_ended": "退出阶段完成",
    "leaving.key_shown": "显示移交包密钥",
    "leaving.received": "医院确认收到移交包",
    "leaving.hold_set": "设置法定保留",
    "leaving.hold_lifted": "解除法定保留",
    "leaving.destruction_asked": "申请销毁密钥",
    "leaving.destruction_confirmed": "确认销毁密钥",
    "leaving.keys_destroyed": "销毁密钥",
    "registry.rules_changed": "修改预约规则",
    "registry.rules_planned": "安排规则变更",
    "registry.rules_withdrawn": "撤回规则变更",
    "registry.function_switched": "更改功能开关",
    "foundation.collected": "整理上报数据",
}


@require_GET
@district_page(permissions.VIEW_DISTRICT)
def institutions(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All institutions with today's figures and what is left to book."""
    figures = bookings.figures_by_institution(clock.today())
    free = {card.institution.code: card.free for card in catalog.hospitals()}
    text, kind = request.GET.get("q", "").strip(), request.GET.get("kind", "")
    lit = {tile.code: tile for tile in lights(statistics.health(), synthetic.states())}
    only = request.GET.get("light", "")
    tones = ("bad", "warn") if only == "trouble" else (only,) if only in LIGHTS else ()
    wanted = [
        view
        for view in registry.institutions()
        if (not tones or (view.code in lit and lit[view.code].tone in tones))
        and kind in ("", view.kind)
        and any(text in word for word in (view.name, view.code, *view.aliases))
    ]
    leaf = leaf_of(request, wanted, PAGE)
    rows = [
        {
            "institution": view,
            "state_text": STATES[view.state],
            "figures": figures.get(view.code, NOTHING),
            "free": free.get(view.code, 0),
            "lit": lit.get(view.code),
        }
        for view in leaf.rows
    ]
    kinds = sorted({(view.kind, view.kind_text) for view in registry.institutions()})
    context = {
        "rows": rows,
        "count": len(wanted),
        "q": text,
        "kind": kind,
        "kinds": kinds,
        "light": only,
        "lights": LIGHTS.items(),
        "leaf": leaf,
    }
    return desk(request, actor, "institutions", "institutions", context)


@require_GET
@district_page(registry_permissions.VIEW)
def institution(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """One institution: facts, figures, rules, functions, connector, what happened to it."""
    return _page(request, actor, code)


def _page(
    request: HttpRequest,
    actor: Actor,
    code: str,
    *,
    problems: dict[str, str] | None = None,
    filled: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    view = registry.institution(code)
    profile = connectors.profile_of(code)
    values = filled or {}
    context: dict[str, Any] = {
        "institution": view,
        "state_text": STATES[view.state],
        "is_live": view.state == TenantState.LIVE,
        "takes_no_money": view.state == TenantState.LIVE and not payments.current_merchants(code),
        "figures": bookings.figures_of_day(clock.today(), code),
        "rules": [(rule, values.get(rule.name, getattr(view, rule.name))) for rule in RULES],
        "rule_changes": registry.rule_changes(code),
        "problems": problems or {},
        "values": values,
        "switches": registry.switches_of(code),
        "profile": profile,
        "operations": [(operation, profile.can(operation) if profile else False) for operation in Operation],
        "history": [
            (ACTS.get(entry.action, entry.action), entry)
            for entry in entries_of(REGION, Search(target=f"institution:{code}"), limit=LAST)
        ],
        "may_edit": actor.may(registry_permissions.EDIT),
        "may_switch": actor.may(registry_permissions.SWITCH),
        "may_leave": actor.may(leaving_permissions.BEGIN) and view.state in (TenantState.LIVE, TenantState.SUSPENDED),
        "may_lead": actor.may(registry_permissions.LIFE),
        "may_limit": actor.may(connector_permissions.MANAGE) and profile is not None and profile.enabled,
        **_connector(code),
    }
    answer = desk(request, actor, "institution", "institutions", context)
    answer.status_code = status
    return answer


def _connector(code: str) -> dict[str, Any]:
    """Health and the last messages in trouble, of a hospital that has its place. Four queries."""
    if state_of(code) in (None, TenantState.LEFT):
        return {"health": None, "light": ("off", gettext("尚未接入")), "trouble": []}
    with hospital_scope(code, read_only=True):
        health = connector_health.health()
        trouble = exchange.exchanges(states=TROUBLE, limit=LAST)
    return {"health": health, "light": light(health), "trouble": trouble}


def _act(request: HttpRequest, actor: Actor, code: str, done: str, act: Callable[[], object]) -> HttpResponse:
    """Do one thing to an institution and come back to its page; a refusal keeps what was typed."""
    try:
        act()
    except HubError as problem:
        if not problem.fields:
            messages.error(request, problem.text, extra_tags="bad")
        return _page(request, actor, code, problems=problem.fields, filled=request.POST.dict(), status=problem.status)
    messages.success(request, done, extra_tags="ok")
    return HttpResponseRedirect(f"/district/institutions/{code}")


@require_POST
@district_page(registry_permissions.SWITCH)
def switch(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """Switch one function on or off here; the others are not touched."""
    return _act(
        request,
        actor,
        code,
        gettext("功能开关已更改。"),
        lambda: services.set_switch(
            actor=actor,
            institution_code=code,
            function=request.POST.get("function", ""),
            is_on=request.POST.get("to") == "on",
            reason=request.POST.get("reason", "").strip(),
        ),
    )


@require_POST
@district_page(registry_permissions.EDIT)
def change_rules(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """Set the booking rules; older bookings keep theirs."""
    return _act(
        request,
        actor,
        code,
        gettext("规则已保存，从生效之日的下一个预约起按新规则；以前的预约按原规则。"),
        lambda: services.change_rules(
            actor=actor,
            institution_code=code,
            values=request.POST.dict(),
            reason=request.POST.get("reason", ""),
            effective_on=request.POST.get("effective_on", ""),
        ),
    )


@require_POST
@district_page(registry_permissions.EDIT)
def withdraw_rules(request: HttpRequest, actor: Actor, code: str, change_id: int) -> HttpResponse:
    """Take back a change that has not taken effect."""
    return _act(
        request,
        actor,
        code,
        gettext("规则变更已撤回。"),
        lambda: services.withdraw_rules(actor=actor, institution_code=code, change_id=change_id),
    )


@require_POST
@district_page(connector_permissions.MANAGE)
def change_limits(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """Set how much of us the hospital's own system gets at once."""
    wanted = request.POST.get("in_flight", "")
    return _act(
        request,
        actor,
        code,
        gettext("接口限额已保存。"),
        lambda: connector_services.set_in_flight(
            actor=actor, code=code, in_flight=int(wanted) if wanted.isascii() and wanted.isdigit() else 0
        ),
    )


@require_POST
@district_page(registry_permissions.LIFE)
def suspend(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """Stop the institution's online services, with words for residents."""
    return _act(
        request,
        actor,
        code,
        gettext("已暂停：居民会看到您写的说明，新的预约会被拒绝。"),
        lambda: services.suspend(
            actor=actor,
            institution_code=code,
            words=request.POST.get("words", ""),
            reason=request.POST.get("suspend_reason", ""),
        ),
    )


@require_POST
@district_page(registry_permissions.LIFE)
def resume(request: HttpRequest, actor: Actor, code: str) -> HttpResponse:
    """Open it again."""
    return _act(
        request,
        actor,
        code,
        gettext("已恢复：居民可以预约了。"),
        lambda: services.resume(actor=actor, institution_code=code, reason=request.POST.get("resume_reason", "")),
    )

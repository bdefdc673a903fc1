"""Shared parts of the desk pages: who is signed in, what may be seen, how a page is rendered."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec
from urllib.parse import quote

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext

from hub.accounts import sessions
from hub.actor import Actor, ActorKind
from hub.errors import Forbidden
from hub.security.guards import Guard, Side, declare
from hub.security.permissions import registered
from hub.words import said
from portal.components.paging import query_with as query_with
from tenants.registry import selectors as registry

P = ParamSpec("P")
DeskView = Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the left bar; shown only to those who hold its permission."""

    key: str
    title: str
    href: str
    permission: str
    whole: bool = False


HOSPITAL_MENU = (
    Entry("today", "今日", "/workspace/", "appointments.view"),
    Entry("appointments", "预约", "/workspace/appointments", "appointments.view"),
    Entry("queues", "候诊", "/workspace/queues", "queueing.view"),
    Entry("referrals", "转诊", "/workspace/referrals", "referrals.view"),
    Entry("schedule", "排班与号源", "/workspace/schedule", "scheduling.view"),
    Entry("messages", "接口", "/workspace/messages", "exchange.view", whole=True),
    Entry("directory", "科室与医生", "/workspace/directory", "directory.view"),
    Entry("facts", "设置", "/workspace/facts", "directory.view", whole=True),
    Entry("staff", "人员", "/workspace/staff", "accounts.view"),
    Entry("noshows", "爽约名单", "/workspace/no-shows", "noshow.view", whole=True),
    Entry("feedback", "意见反馈", "/workspace/feedback", "feedback.view"),
    Entry("surveys", "满意度", "/workspace/surveys", "survey.view"),
    Entry("notices", "公告", "/workspace/notices", "announcements.publish"),
    Entry("keys", "密钥与凭据", "/workspace/keys", "keys.view"),
    Entry("deliveries", "消息发送", "/workspace/deliveries", "notifications.view", whole=True),
    Entry("wordings", "消息文案", "/workspace/wordings", "notifications.word"),
    Entry("reminders", "提醒", "/desk/reminders", "notifications.own"),
    Entry("leaving", "移交", "/workspace/leaving", "leaving.receive"),
    Entry("flags", "安全提醒", "/desk/flags", "vigilance.flags"),
    Entry("networks", "管理员登录地址", "/desk/networks", "accounts.networks"),
    Entry("emergency", "紧急查看", "/desk/emergency", "vigilance.break_glass"),
    Entry("audit", "审计", "/workspace/audit", "audit.view", whole=True),
)
DISTRICT_MENU = (
    Entry("overview", "总览", "/district/", "region.view"),
    Entry("institutions", "机构", "/district/institutions", "region.view"),
    Entry("joining", "机构接入", "/district/joining", "registry.life"),
    Entry("orders", "挂号订单", "/district/orders", "booking.trace"),
    Entry("rush", "候号室与抢号", "/district/rush", "fairness.view"),
    Entry("noshows", "爽约名单", "/district/no-shows", "noshow.view"),
    Entry("feedback", "意见反馈", "/district/feedback", "feedback.view"),
    Entry("notices", "公告", "/district/notices", "announcements.publish"),
    Entry("deliveries", "消息发送", "/district/deliveries", "notifications.view"),
    Entry("wordings", "消息文案", "/district/wordings", "notifications.edit"),
    Entry("reminders", "提醒", "/desk/reminders", "notifications.own"),
    Entry("closures", "紧急停诊", "/district/closures", "closures.close"),
    Entry("calendar", "节假日", "/district/calendar", "region.view"),
    Entry("statistics", "统计", "/district/statistics", "statistics.view"),
    Entry("identity", "实名审核", "/district/identity", "idverify.review"),
    Entry("identity-figures", "实名审核统计", "/district/identity/statistics", "idverify.statistics"),
    Entry("vouchers", "医保凭证激活", "/district/vouchers", "insurance.view"),
    Entry("merges", "账号合并", "/district/merges", "accountlife.merge"),
    Entry("closings", "账号注销", "/district/closings", "accountlife.sealed"),
    Entry("synthetic", "巡检与可用性", "/district/synthetic", "synthetic.view"),
    Entry("screen", "运行大屏", "/district/screen", "region.view"),
    Entry("accounts", "人员与角色", "/district/accounts", "accounts.view"),
    Entry("keys", "密钥与凭据", "/district/keys", "keys.view"),
    Entry("merchants", "收款商户", "/district/merchants", "keys.view"),
    Entry("entries", "第三方入口", "/district/entries", "entries.view"),
    Entry("flags", "安全提醒", "/desk/flags", "vigilance.flags"),
    Entry("networks", "管理员登录地址", "/desk/networks", "accounts.networks"),
    Entry("audit", "审计", "/district/audit", "audit.view"),
    Entry("leaving", "机构退出", "/district/leaving", "leaving.view"),
    Entry("running", "运行监控", "/district/running", "running.view"),
    Entry("recovery", "备份与恢复", "/district/recovery", "recovery.view"),
    Entry("retention", "保留期限", "/district/retention", "retention.view"),
    Entry("letters", "停止的消息", "/district/letters", "outbox.view"),
)


def district_menu() -> tuple[Entry, ...]:
    """The district's bar, and what modules that joined (`HUB_MODULES`) add to it; their app names title and right."""
    configs = {config.name: config for config in apps.get_app_configs()}
    joined = []
    for name in settings.HUB_MODULES:
        config = configs[name]
        permission: str = getattr(config, "menu_permission", "")  # without one it has pages, and no entry
        if permission:
            title = str(config.verbose_name)
            joined.append(Entry(config.label, title, f"/district/modules/{config.label}/", permission))
    return (*DISTRICT_MENU, *joined)


NARROWED = "您的数据范围限于部分科室，此页是全院数据。需要时请联系本单位安全管理员调整数据范围。"


def staff_of(request: HttpRequest) -> Actor | None:
    """The signed-in staff member of this host, if there is one."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or actor.id is None or actor.kind is not ActorKind.STAFF:
        return None
    return actor


def desk_page(
    permission: str, *, whole: bool = False, step_up: bool = False
) -> Callable[[DeskView[P]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """A page for staff who hold `permission` ("": any); others sign in first, or are told that they may not.

    `whole`: what it shows is of the whole hospital and can't be narrowed, so that nobody narrowed to departments sees
    it (JA-ADMIN-02). With `step_up` whoever proved himself more than five minutes ago does so again first (MLPS,
    high-risk acts).
    """

    def guard(view: DeskView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            actor = staff_of(request)
            if actor is None:
                return HttpResponseRedirect(f"/desk/signin?next={quote(request.get_full_path())}")
            if permission and not actor.may(permission):
                raise refusal_of(permission)
            if whole and not actor.sees_all:
                raise Forbidden(NARROWED)
            if step_up and sessions.is_proof_due(request):
                return _to_proof(request)
            return view(request, actor, *args, **kwargs)

        functools.update_wrapper(guarded, view)
        declare(guarded, Guard(Side.STAFF, permission, step_up))
        return guarded

    return guard


def _to_proof(request: HttpRequest) -> HttpResponse:
    """To the page that asks for the proof, and from there back to where the act was chosen."""
    wanted = request.get_full_path() if request.method == "GET" else request.headers.get("Referer", "/desk/sessions")
    address = f"/desk/confirm?next={quote(wanted)}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def refusal_of(permission: str) -> Forbidden:
    """What somebody without a permission reads: what it is called, and who gives it."""
    entry = registered().get(permission)
    return Forbidden(
        gettext("您没有“%(entry)s”的权限。需要时请联系本单位安全管理员授予角色。")
        % {"entry": said(entry.title) if entry else permission}
    )


def is_shown(entry: Entry, actor: Actor) -> bool:
    """Whether an entry is in this member of staff's bar: what he may not see is not there."""
    return actor.may(entry.permission) and (actor.sees_all or not entry.whole)


def first_page(actor: Actor) -> str:
    """Where this member of staff begins: the first entry of his bar."""
    menu = HOSPITAL_MENU if actor.institution else district_menu()
    return next((entry.href for entry in menu if is_shown(entry, actor)), "/desk/password")


def own_hospital(actor: Actor) -> str:
    """The hospital the actor works at, taken from his sign-in and never from the request; Forbidden for others."""
    if not actor.institution:
        raise Forbidden
    return actor.institution


def desk(
    request: HttpRequest, actor: Actor, template: str, active: str, context: dict[str, Any] | None = None
) -> HttpResponse:
    """Render a desk page with its left bar."""
    menu = HOSPITAL_MENU if actor.institution else district_menu()
    place = registry.institution(actor.institution).name if actor.institution else gettext("云栖区 · 平台管理")
    return render(
        request,
        f"portal/desk/{template}.html",
        {
            "menu": [entry for entry in menu if is_shown(entry, actor)],
            "active": active,
            "staff": actor,
            "place": place,
            **(context or {}),
        },
    )

"""Shared parts of the desk pages: who is signed in, what may be seen, how a page is rendered."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from hub.actor import Actor, ActorKind
from hub.errors import Forbidden
from hub.security.permissions import registered
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


HOSPITAL_MENU = (
    Entry("today", "今日", "/workspace/", "appointments.view"),
    Entry("appointments", "预约", "/workspace/appointments", "appointments.view"),
    Entry("queues", "候诊", "/workspace/queues", "queueing.view"),
    Entry("schedule", "排班与号源", "/workspace/schedule", "scheduling.view"),
    Entry("messages", "接口", "/workspace/messages", "exchange.view"),
    Entry("directory", "科室与医生", "/workspace/directory", "directory.view"),
    Entry("staff", "人员", "/workspace/staff", "accounts.view"),
    Entry("audit", "审计", "/workspace/audit", "audit.view"),
)
DISTRICT_MENU = (
    Entry("overview", "总览", "/district/", "region.view"),
    Entry("institutions", "机构", "/district/institutions", "region.view"),
    Entry("joining", "机构接入", "/district/joining", "registry.life"),
    Entry("statistics", "统计", "/district/statistics", "statistics.view"),
    Entry("screen", "运行大屏", "/district/screen", "region.view"),
    Entry("accounts", "人员与角色", "/district/accounts", "accounts.view"),
    Entry("audit", "审计", "/district/audit", "audit.view"),
    Entry("letters", "停止的消息", "/district/letters", "outbox.view"),
)


def staff_of(request: HttpRequest) -> Actor | None:
    """The signed-in staff member of this host, if there is one."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or actor.id is None or actor.kind is not ActorKind.STAFF:
        return None
    return actor


def desk_page(permission: str) -> Callable[[DeskView[P]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """A page for staff who hold `permission`; others sign in first, or are told that they may not."""

    def guard(view: DeskView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            actor = staff_of(request)
            if actor is None:
                return HttpResponseRedirect(f"/desk/signin?next={quote(request.get_full_path())}")
            if not actor.may(permission):
                raise refusal_of(permission)
            return view(request, actor, *args, **kwargs)

        functools.update_wrapper(guarded, view)
        return guarded

    return guard


def refusal_of(permission: str) -> Forbidden:
    """What somebody without a permission reads: what it is called, and who gives it."""
    entry = registered().get(permission)
    return Forbidden(f"您没有“{entry.title if entry else permission}”的权限。需要时请联系本单位安全管理员授予角色。")


def first_page(actor: Actor) -> str:
    """Where this member of staff begins: the first entry of his bar."""
    menu = HOSPITAL_MENU if actor.institution else DISTRICT_MENU
    return next((entry.href for entry in menu if actor.may(entry.permission)), "/desk/password")


def query_with(request: HttpRequest, **changes: str) -> str:
    """The query of this page with some parts changed; an empty part is left out."""
    query = request.GET.copy()
    for name, value in changes.items():
        query[name] = value
    return "?" + urlencode({name: value for name, value in query.items() if value})


def own_hospital(actor: Actor) -> str:
    """The hospital the actor works at, taken from his sign-in and never from the request; Forbidden for others."""
    if not actor.institution:
        raise Forbidden
    return actor.institution


def desk(
    request: HttpRequest, actor: Actor, template: str, active: str, context: dict[str, Any] | None = None
) -> HttpResponse:
    """Render a desk page with its left bar."""
    menu = HOSPITAL_MENU if actor.institution else DISTRICT_MENU
    place = registry.institution(actor.institution).name if actor.institution else "云栖区 · 平台管理"
    return render(
        request,
        f"portal/desk/{template}.html",
        {
            "menu": [entry for entry in menu if actor.may(entry.permission)],
            "active": active,
            "staff": actor,
            "place": place,
            **(context or {}),
        },
    )

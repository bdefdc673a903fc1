"""意见反馈, the same pages for two kinds of managers: the district on its portal, a hospital on its workspace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from portal.commands import command_of
from portal.components.charts import bars
from portal.components.paging import number_of, query_with
from portal.components.sheets import begun
from portal.desk.pages import desk
from regional_services.feedback import handling, permissions, selectors
from regional_services.feedback.models import Category, State
from regional_services.feedback.selectors import Criteria, FeedbackView
from tenants.registry import selectors as registry

PAGE = 50
STATES = (("", "全部"), ("open", "未办结"), ("overdue", "已超时"), *State.choices)
DISTRICT = "-"
"""How the address names feedback about no hospital."""


def _criteria(request: HttpRequest) -> Criteria:
    place = request.GET.get("institution", "")
    return Criteria(
        state=request.GET.get("state", ""),
        category=request.GET.get("category", ""),
        institution=None if not place else "" if place == DISTRICT else place,
        number=request.GET.get("number", ""),
        first=_day(request.GET.get("since", "")),
        last=_day(request.GET.get("until", "")),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _place(row: FeedbackView, names: dict[str, str]) -> str:
    return names.get(row.institution_code, row.institution_code) or gettext("区平台")


def _filters(request: HttpRequest, actor: Actor, here: str) -> dict[str, object]:
    return {
        "here": here,
        "asked": request.GET,
        "states": STATES,
        "categories": Category.choices,
        "institutions": [] if actor.institution else sorted((row.name, row.code) for row in registry.institutions()),
        "for_district": not actor.institution,
        "may_close": actor.may(permissions.CLOSE),
        "may_export": actor.may(permissions.EXPORT),
        "query": query_with(request, page=""),
    }


def listed(request: HttpRequest, actor: Actor, here: str) -> HttpResponse:
    """The list with its filters."""
    leaf = number_of(request)
    count, rows = selectors.listed(actor, _criteria(request), after=(leaf - 1) * PAGE, limit=PAGE)
    names = {row.code: row.name for row in registry.institutions()}
    context = {
        **_filters(request, actor, here),
        "rows": [(row, _place(row, names)) for row in rows],
        "count": count,
        "earlier": query_with(request, page=str(leaf - 1)) if leaf > 1 else "",
        "more": query_with(request, page=str(leaf + 1)) if count > leaf * PAGE else "",
    }
    return desk(request, actor, "feedback", "feedback", context)


def export(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list as a table file, with what was submitted; who took it stands in its first line and in the audit."""
    number, rows = selectors.exported(actor, _criteria(request))
    names = {row.code: row.name for row in registry.institutions()}
    sheet = begun(actor, number, "feedback.csv")
    sheet.row(
        [
            gettext("编号"),
            gettext("提交时间"),
            gettext("机构"),
            gettext("类别"),
            gettext("状态"),
            gettext("应答复时间"),
            gettext("超时"),
            gettext("经办人"),
            gettext("评价"),
            gettext("内容"),
        ]
    )
    for row in rows:
        text = row.entries[0].text if row.entries else ""
        sheet.row(
            [
                row.number,
                f"{clock.local(row.created_at):%Y-%m-%d %H:%M}",
                _place(row, names),
                row.category.label,
                row.state.label,
                f"{clock.local(row.due_at):%Y-%m-%d %H:%M}" if row.due_at else "",
                gettext("是") if row.overdue or row.escalated_at else "",
                row.handler_name,
                row.rating or "",
                text,
            ]
        )
    return sheet.answer


def overdue_of(actor: Actor) -> int:
    """For a first page: how many items of this manager's wait longer than agreed; no query for others."""
    return selectors.overdue_count(actor) if actor.may(permissions.VIEW) else 0


def one(
    request: HttpRequest, actor: Actor, here: str, feedback_id: UUID, problem: HubError | None = None
) -> HttpResponse:
    """An item with its thread; photographs open by a deliberate act, each audited."""
    row = selectors.one(actor, feedback_id)
    names = {view.code: view.name for view in registry.institutions()}
    context = {
        "here": here,
        "row": row,
        "place_of": _place(row, names),
        "show_photos": request.GET.get("photos") == "1",
        "has_photos": any(entry.photo_ids for entry in row.entries),
        "may_handle": actor.may(permissions.HANDLE) and not row.is_closed,
        "may_take": row.state in (State.SUBMITTED, State.FOLLOW_UP),
        "may_close": actor.may(permissions.CLOSE) and not row.is_closed,
        "problem": " ".join(problem.fields.values()) or problem.text if problem else "",
        "filled": request.POST.dict(),
    }
    answer = desk(request, actor, "feedback_one", "feedback", context)
    answer.status_code = problem.status if problem else 200
    return answer


def _done(
    request: HttpRequest, actor: Actor, here: str, feedback_id: UUID, act: Callable[[], None], words: str
) -> HttpResponse:
    try:
        act()
    except HubError as problem:
        return one(request, actor, here, feedback_id, problem)
    messages.success(request, words, extra_tags="ok")
    return HttpResponseRedirect(f"{here}/{feedback_id}")


def take(request: HttpRequest, actor: Actor, here: str, feedback_id: UUID) -> HttpResponse:
    """Begin work on it."""

    def act() -> None:
        handling.take(actor=actor, feedback_id=feedback_id)

    return _done(request, actor, here, feedback_id, act, gettext("已开始办理，居民看到“办理中”。"))


def reply(request: HttpRequest, actor: Actor, here: str, feedback_id: UUID) -> HttpResponse:
    """Answer it."""

    def act() -> None:
        key = command_of(request, "feedback.reply").key
        handling.reply(actor=actor, feedback_id=feedback_id, text=request.POST.get("text", ""), key=key)

    return _done(request, actor, here, feedback_id, act, gettext("已答复，居民立即可以看到。"))


def close(request: HttpRequest, actor: Actor, here: str, feedback_id: UUID) -> HttpResponse:
    """Conclude it."""

    def act() -> None:
        handling.close(actor=actor, feedback_id=feedback_id, text=request.POST.get("text", ""))

    return _done(request, actor, here, feedback_id, act, gettext("已关闭，居民可以评价。"))


def statistics(request: HttpRequest, actor: Actor, here: str) -> HttpResponse:
    """Figures, each leading to its list."""
    found = selectors.figures(actor, _criteria(request))
    days = [(f"{day.month}/{day.day}", count) for day, count in found.by_day]
    query = query_with(request, state="", page="")
    context = {
        **_filters(request, actor, here),
        "found": found,
        "list_query": f"{here}{query}{'&' if len(query) > 1 else ''}",
        "chart": bars(days, title=gettext("最近十四天每天收到的反馈")),
    }
    return desk(request, actor, "feedback_statistics", "feedback", context)

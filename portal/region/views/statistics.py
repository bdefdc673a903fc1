"""Figures by day and institution: a chart, a table one can go down into, and an export that says who took it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from hub import clock, money
from hub.actor import Actor
from hub.errors import NotFound
from hub.ids import domain_number, uuid7
from hub.tenancy.scope import region
from portal.components.paging import leaf_of, query_with
from portal.components.sheets import begun
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.booking import figures as bookings
from regional_services.catalog import selectors as catalog
from regional_services.statistics import selectors, services
from regional_services.statistics.permissions import EXPORT, VIEW
from regional_services.statistics.selectors import Figures
from tenants.registry import selectors as registry

SPAN = 30
PAGE = 100  # institutions or days
LONGEST = 366
HEADS = ("新增预约", "预约成功", "取消与过期", "停诊", "未成功", "退款", "未就诊", "已收（元）", "已退（元）")
LISTED = ("新增预约", "预约成功", "取消与过期", "停诊", "未成功", "退款", "未就诊")
LISTED_PAGE = 50
EXPORTED = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """The days and the institution a page is about."""

    first: date
    last: date
    institution_code: str
    department_id: UUID | None = None


def _asked(request: HttpRequest) -> Asked:
    last = _day(request.GET.get("until", ""), clock.today())
    first = _day(request.GET.get("since", ""), last - timedelta(days=SPAN - 1))
    first = max(min(first, last), last - timedelta(days=LONGEST - 1))
    code = request.GET.get("institution", "")
    try:
        department = UUID(request.GET.get("department", ""))
    except ValueError:
        department = None
    return Asked(first, last, registry.institution(code).code if code else "", department if code else None)


def _day(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise


@require_GET
@district_page(VIEW)
def page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All institutions, or the days of one; three queries at most."""
    asked = _asked(request)
    names = {view.code: view.name for view in registry.institutions()}
    days = selectors.by_day(asked.first, asked.last, asked.institution_code)
    rows = days if asked.institution_code else selectors.by_institution(asked.first, asked.last)
    leaf = leaf_of(request, rows, PAGE)
    total = {name: sum(getattr(row, name) for row in days) for name in selectors.NAMES}
    departments = _departments(request, asked) if asked.institution_code and not asked.department_id else []
    if asked.department_id and asked.institution_code:
        days, rows = [], _days_of_department(asked)
        total = {name: sum(getattr(row, name) for row in rows) for name in selectors.NAMES}
    span = query_with(request, what="", page="")
    context = {
        "departments": departments,
        "department_name": _department_name(asked),
        "institution_query": query_with(request, department=""),
        "list_query": f"/district/statistics/bookings{span}{'&' if len(span) > 1 else ''}",
        "asked": asked,
        "institution_name": names.get(asked.institution_code, ""),
        "all_query": query_with(request, institution=""),
        "rows": [(row, names.get(row.key, row.key), *_ways(request, asked, row.key)) for row in leaf.rows],
        "leaf": leaf,
        "total": total,
        "names": sorted(names.items()),
        "source": f"/district/statistics.json{query_with(request)}",
        "export": f"/district/statistics.csv{query_with(request)}",
        "may_export": actor.may(EXPORT),
    }
    return desk(request, actor, "statistics", "statistics", context)


def _ways(request: HttpRequest, asked: Asked, key: str) -> tuple[str, str]:
    """From a row: down to its days, and to the lists behind its numbers."""
    if not asked.institution_code:
        down = query_with(request, institution=key)
        return down, f"/district/statistics/bookings{down}&"
    day = query_with(request, since=key, until=key)
    return day, f"/district/statistics/bookings{day}&"


def _departments(request: HttpRequest, asked: Asked) -> list[tuple[str, str, str, dict[str, int]]]:
    """Each department with the way down, and the way to the lists behind its numbers. One query."""
    with region(read_only=True):
        found = bookings.counts_by_department(asked.first, asked.last, asked.institution_code)
    ways = [(query_with(request, department=str(key)), name, counts) for key, name, counts in found]
    return [(way, f"/district/statistics/bookings{way}&", name, counts) for way, name, counts in ways]


def _days_of_department(asked: Asked) -> list[Figures]:
    """The days of a department; what only a projection knows (money, no-shows) is left at the hospital's level."""
    assert asked.department_id is not None
    with region(read_only=True):
        found = bookings.counts_of_department(asked.first, asked.last, asked.institution_code, asked.department_id)
    none = {"no_shows": 0, "paid_fen": 0, "refunded_fen": 0}
    return [Figures(key=str(day), **counts, **none) for day, counts in found]


def _department_name(asked: Asked) -> str:
    if asked.department_id is None or not asked.institution_code:
        return ""
    try:
        return catalog.department(asked.department_id).name
    except NotFound:
        return gettext("已撤销的科室")


@require_GET
@district_page(VIEW)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The bookings a number counts: no names, no documents. Three queries."""
    asked = _asked(request)
    wanted = _behind(request, asked)
    leaf = max(1, int(text)) if (text := request.GET.get("page", "")).isdecimal() else 1
    with region(read_only=True):
        count, rows = bookings.behind(wanted, after=(leaf - 1) * LISTED_PAGE, limit=LISTED_PAGE)
    names = {view.code: view.name for view in registry.institutions()}
    context = {
        "rows": [(row, names.get(row.institution_code, row.institution_code)) for row in rows],
        "count": count,
        "words": dict(zip(bookings.FIGURES, LISTED, strict=True))[wanted.what],
        "asked": asked,
        "whole": names.get(asked.institution_code, gettext("全区")),
        "department_name": _department_name(asked),
        "export": f"/district/statistics/bookings.csv{query_with(request, page='')}",
        "may_export": actor.may(EXPORT),
        "up": f"/district/statistics{query_with(request, what='', page='')}",
        "earlier": query_with(request, page=str(leaf - 1)) if leaf > 1 else "",
        "more": query_with(request, page=str(leaf + 1)) if count > leaf * LISTED_PAGE else "",
    }
    return desk(request, actor, "statistics_list", "statistics", context)


def _behind(request: HttpRequest, asked: Asked) -> bookings.Behind:
    what = request.GET.get("what", "created")
    return bookings.Behind(
        first=asked.first,
        last=asked.last,
        institution_code=asked.institution_code,
        department_id=asked.department_id,
        what=what if what in bookings.FIGURES else "created",
    )


@require_GET
@district_page(EXPORT)
def export_list(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list behind a number as CSV, numbered like every export; the newest `EXPORTED` at most."""
    asked = _asked(request)
    with region(read_only=True):
        _count, rows = bookings.behind(_behind(request, asked), limit=EXPORTED)
    number = _noted(actor, asked, len(rows))
    names = {view.code: view.name for view in registry.institutions()}
    sheet = begun(actor, number, f"bookings-{asked.first}-{asked.last}.csv")
    sheet.row(
        [
            gettext("预约号"),
            gettext("机构"),
            gettext("科室"),
            gettext("医生"),
            gettext("提交"),
            gettext("就诊日"),
            gettext("状态"),
            gettext("结算"),
            gettext("费用（元）"),
        ]
    )
    for row in rows:
        place = names.get(row.institution_code, row.institution_code)
        who = [row.department_name, row.doctor_name]
        when = [f"{clock.local(row.created_at):%Y-%m-%d %H:%M:%S}", row.visit_date]
        stands = [row.state.label, row.settlement.label, money.yuan_from_fen(row.fee_fen)]
        sheet.row([row.number, place, *who, *when, *stands])
    return sheet.answer


@require_GET
@district_page(VIEW)
def series(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """The days of the chart, empty ones included. One query."""
    asked = _asked(request)
    known = {row.key: row for row in selectors.by_day(asked.first, asked.last, asked.institution_code)}
    days = [asked.first + timedelta(days=offset) for offset in range((asked.last - asked.first).days + 1)]
    shown = ("created", "cancelled", "refunded", "no_shows")
    return JsonResponse(
        {
            "days": [f"{day.month}/{day.day}" for day in days],
            "series": [
                {
                    "name": words,
                    "data": [getattr(known[str(day)], name) if str(day) in known else 0 for day in days],
                }
                for name, words in zip(
                    shown, (gettext("新增预约"), gettext("取消与过期"), gettext("退款"), gettext("未就诊")), strict=True
                )
            ],
        }
    )


@require_GET
@district_page(EXPORT)
def export(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every institution on every day as CSV; its first line says who took it when, and the audit knows its number."""
    asked = _asked(request)
    names = {view.code: view.name for view in registry.institutions()}
    rows = selectors.each(asked.first, asked.last, asked.institution_code)
    number = _noted(actor, asked, len(rows))
    sheet = begun(actor, number, f"statistics-{asked.first}-{asked.last}.csv")
    sheet.row([gettext("日期"), gettext("机构代码"), gettext("机构"), *HEADS])
    for day, row in rows:
        counts = [getattr(row, name) for name in selectors.NAMES if not name.endswith("_fen")]
        amounts = [money.yuan_from_fen(fen) for fen in (row.paid_fen, row.refunded_fen)]
        sheet.row([day, row.key, names.get(row.key, row.key), *counts, *amounts])
    return sheet.answer


def _noted(actor: Actor, asked: Asked, rows: int) -> str:
    """The number of an export, which the audit knows."""
    number = domain_number("E", uuid7())
    services.note_export(
        actor=actor,
        number=number,
        first=asked.first,
        last=asked.last,
        institution_code=asked.institution_code,
        rows=rows,
    )
    return number

"""Figures by day and institution: a chart, a table one can go down into, and an export that says who took it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from hub import clock, money
from hub.actor import Actor
from hub.ids import domain_number, uuid7
from portal.components.paging import leaf_of, query_with
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.statistics import selectors, services
from regional_services.statistics.permissions import EXPORT, VIEW
from tenants.registry import selectors as registry

SPAN = 30
PAGE = 100
LONGEST = 366
HEADS = ("新增预约", "预约成功", "取消与过期", "停诊", "未成功", "退款", "未就诊", "已收（元）", "已退（元）")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Asked:
    """The days and the institution a page is about."""

    first: date
    last: date
    institution_code: str


def _asked(request: HttpRequest) -> Asked:
    last = _day(request.GET.get("until", ""), clock.today())
    first = _day(request.GET.get("since", ""), last - timedelta(days=SPAN - 1))
    first = max(min(first, last), last - timedelta(days=LONGEST - 1))
    code = request.GET.get("institution", "")
    return Asked(first, last, registry.institution(code).code if code else "")


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
    context = {
        "asked": asked,
        "institution_name": names.get(asked.institution_code, ""),
        "all_query": query_with(request, institution=""),
        "rows": [
            (row, names.get(row.key, row.key), query_with(request, institution=row.key, page="")) for row in leaf.rows
        ],
        "leaf": leaf,
        "total": total,
        "names": sorted(names.items()),
        "source": f"/district/statistics.json{query_with(request)}",
        "export": f"/district/statistics.csv{query_with(request)}",
        "may_export": actor.may(EXPORT),
    }
    return desk(request, actor, "statistics", "statistics", context)


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
                for name, words in zip(shown, ("新增预约", "取消与过期", "退款", "未就诊"), strict=True)
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
    number = domain_number("E", uuid7())
    services.note_export(
        actor=actor,
        number=number,
        first=asked.first,
        last=asked.last,
        institution_code=asked.institution_code,
        rows=len(rows),
    )
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="statistics-{asked.first}-{asked.last}.csv"'
    answer.write("\ufeff")
    sheet = csv.writer(answer)
    sheet.writerow([f"导出编号 {number}", f"导出人 {actor.name}", f"{clock.local(clock.now()):%Y-%m-%d %H:%M:%S}"])
    sheet.writerow(["日期", "机构代码", "机构", *HEADS])
    for day, row in rows:
        counts = [getattr(row, name) for name in selectors.NAMES if not name.endswith("_fen")]
        amounts = [money.yuan_from_fen(fen) for fen in (row.paid_fen, row.refunded_fen)]
        sheet.writerow([day, row.key, _plain(names.get(row.key, row.key)), *counts, *amounts])
    return answer


def _plain(text: str) -> str:
    """A name that a spreadsheet can't take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text

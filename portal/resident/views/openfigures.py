"""公开数据: the district's monthly figures for everybody, without sign-in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from portal.components.charts import bars
from portal.components.sheets import Sheet
from portal.resident.pages import page
from regional_services.openfigures import selectors
from regional_services.openfigures.selectors import Line, Month
from regional_services.openfigures.suppression import FEWEST

COLUMNS = ("bookings", "cancelled", "registered", "registered_share", "waiting_days")


@require_GET
def figures(request: HttpRequest) -> HttpResponse:
    """A month with its kinds and institutions, and the months side by side."""
    months = selectors.months()
    wanted = request.GET.get("month", "")
    chosen = next((month for month in months if f"{month.month:%Y-%m}" == wanted), months[0] if months else None)
    points = [(f"{month.month:%y-%m}", month.total.bookings or 0) for month in reversed(months)]
    context = {
        "months": months,
        "chosen": chosen,
        "chart": bars(points, title=gettext("每月新增预约")),
        "fewest": FEWEST,
        "back": "/",
    }
    return page(request, "open", "home", context)


@require_GET
def figures_json(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """The same, for programs; null is a withheld figure."""
    told = {"withheld_below": FEWEST, "months": [_month(month) for month in selectors.months()]}
    return JsonResponse(told, json_dumps_params={"ensure_ascii": False})


@require_GET
def figures_csv(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """The same, for spreadsheets; an empty cell is a withheld figure."""
    sheet = Sheet("open-figures.csv")
    sheet.row(
        [
            gettext("月份"),
            gettext("机构代码"),
            gettext("名称"),
            gettext("类别"),
            gettext("新增预约"),
            gettext("取消"),
            gettext("医院已登记"),
            gettext("登记率%"),
            gettext("平均等候天数"),
            gettext("暂定"),
        ]
    )
    for month in selectors.months():
        for line in (month.total, *month.kinds, *month.institutions):
            cells = ["" if (value := getattr(line, name)) is None else value for name in COLUMNS]
            provisional = gettext("是") if month.is_provisional else ""
            sheet.row([f"{month.month:%Y-%m}", line.code, line.name, line.kind, *cells, provisional])
    return sheet.answer


def _month(month: Month) -> dict[str, Any]:
    return {
        "month": f"{month.month:%Y-%m}",
        "provisional": month.is_provisional,
        "total": _line(month.total),
        "kinds": [_line(line) for line in month.kinds],
        "institutions": [_line(line) for line in month.institutions],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "code": line.code,
        "name": line.name,
        "kind": line.kind,
        **{name: getattr(line, name) for name in COLUMNS},
    }

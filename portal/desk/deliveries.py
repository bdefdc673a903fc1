"""消息发送, the same pages for the district on its portal and a hospital on its workspace: lists, one, figures."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from portal.components.charts import bars
from portal.components.paging import number_of, query_with, read_leaf
from portal.components.sheets import Sheet
from portal.desk.pages import desk
from regional_services.notifications import editing, figures, listing, resending
from regional_services.notifications.catalogue import OUTSIDE, Channel
from regional_services.notifications.listing import ALL_FAILED, Criteria
from regional_services.notifications.models import DeliveryState
from regional_services.notifications.permissions import EDIT, RESEND
from tenants.registry import selectors as registry

PAGE = 50
SPAN = timedelta(days=6)
MOST = 5000  # lines of an export
ACTIVE = "deliveries"
HEADS = ("时间", "消息", "机构", "已读", "渠道", "状态", "原因", "次数", "更新时间", "编号")


def _criteria(request: HttpRequest) -> Criteria:
    last = _day(request, "until") or clock.today()
    first = min(_day(request, "since") or last - SPAN, last)
    return Criteria(
        first=first,
        last=last,
        kind=request.GET.get("kind", ""),
        channel=request.GET.get("channel", ""),
        state=request.GET.get("state", ""),
        institution=request.GET.get("institution") or None,
        phone=request.GET.get("phone", "").strip(),
    )


def _day(request: HttpRequest, name: str) -> date | None:
    try:
        return date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None


def _frame(request: HttpRequest, actor: Actor, here: str, criteria: Criteria) -> dict[str, object]:
    return {
        "here": here,
        "asked": request.GET,
        "criteria": criteria,
        "kinds": editing.kinds_for(actor),
        "channels": [(channel.value, channel.label) for channel in OUTSIDE],
        "states": [(ALL_FAILED, gettext("所有未送达")), *DeliveryState.choices],
        "institutions": [] if actor.institution else sorted((row.name, row.code) for row in registry.institutions()),
        "for_district": not actor.institution,
        "may_edit": actor.may(EDIT),
        "may_resend": actor.may(RESEND),
    }


def listed(request: HttpRequest, actor: Actor, here: str) -> HttpResponse:
    """The list with its filters."""
    criteria = _criteria(request)
    rows = listing.listed(actor, criteria, after=(number_of(request) - 1) * PAGE, limit=PAGE + 1)
    names = {row.code: row.name for row in registry.institutions()}
    leaf = read_leaf(request, rows, PAGE)
    context = {
        **_frame(request, actor, here, criteria),
        "leaf": leaf,
        "rows": [(row, names.get(row.institution_code, gettext("区平台"))) for row in leaf.rows],
        "query": query_with(request, page=""),
        "failing": any(way.state in resending.AGAIN for row in leaf.rows for way in row.ways),
    }
    return desk(request, actor, "deliveries", ACTIVE, context)


def export(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The same as a sheet: no person and no words of a message in it."""
    criteria = _criteria(request)
    names = {row.code: row.name for row in registry.institutions()}
    sheet = Sheet(f"messages-{criteria.first}-{criteria.last}.csv")
    sheet.row([gettext(head) for head in HEADS])
    for row in listing.listed(actor, criteria, limit=MOST):
        place = names.get(row.institution_code, gettext("区平台"))
        common = [f"{clock.local(row.created_at):%Y-%m-%d %H:%M:%S}", row.title, place, bool(row.read_at)]
        for way in row.ways:
            updated = f"{clock.local(way.updated_at):%Y-%m-%d %H:%M:%S}"
            sheet.row([*common, way.channel.label, way.state.label, way.reason, way.tries, updated, row.id])
        if not row.ways:
            sheet.row([*common, "", "", "", "", "", row.id])
    return sheet.answer


def one(request: HttpRequest, actor: Actor, here: str, message_id: UUID, *, words: str = "") -> HttpResponse:
    """A message with its history; its words about the visit only after `words` were opened."""
    found = listing.one(actor, message_id)
    code = found.line.institution_code
    context = {
        "here": here,
        "found": found,
        "words": words,
        "place_of": registry.institution(code).name if code else gettext("区平台"),
        "again": [channel for channel in found.choices if channel in {way.channel for way in found.line.ways}],
        "fresh": [channel for channel in found.choices if channel not in {way.channel for way in found.line.ways}],
    }
    return desk(request, actor, "delivery", ACTIVE, context)


def opened(request: HttpRequest, actor: Actor, here: str, message_id: UUID) -> HttpResponse:
    """The same with its words; the look is audited."""
    return one(request, actor, here, message_id, words=listing.open_words(actor=actor, message_id=message_id))


def resend(request: HttpRequest, actor: Actor, here: str, message_id: UUID) -> HttpResponse:
    """Send one again."""
    try:
        channel = Channel(request.POST.get("channel", ""))
        resending.resend(actor=actor, message_id=message_id, channel=channel)
        messages.success(request, gettext("已重新发送，结果稍后显示在这里。"), extra_tags="ok")
    except ValueError:
        messages.error(request, gettext("请选择渠道。"), extra_tags="bad")
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect(f"{here}/{message_id}")


def resend_found(request: HttpRequest, actor: Actor, here: str) -> HttpResponse:
    """Send again what a search found: first how many there are, then the act."""
    criteria = _criteria(request)
    ids = listing.failed_of(actor, criteria)
    back = f"{here}{query_with(request, page='')}"
    if request.method == "GET":
        context = {"here": here, "count": len(ids), "back": back, "criteria": criteria}
        return desk(request, actor, "deliveries_again", ACTIVE, context)
    done, left = resending.resend_failed(actor=actor, delivery_ids=ids)
    text = gettext("已重新发送 %(done)s 条，%(left)s 条不能重发。") % {"done": done, "left": left}
    messages.success(request, text, extra_tags="ok")
    return HttpResponseRedirect(back)


def statistics(request: HttpRequest, actor: Actor, here: str) -> HttpResponse:
    """Figures of a span, each leading to its list."""
    criteria = _criteria(request)
    found = figures.figures(actor, criteria.first, criteria.last, institution=criteria.institution)
    points = [(f"{day.month}/{day.day}", total) for day, total, _ in found.by_day]
    failing = [(f"{day.month}/{day.day}", failed) for day, _, failed in found.by_day]
    context = {
        **_frame(request, actor, here, criteria),
        "found": found,
        "list_query": f"{here}?since={criteria.first}&until={criteria.last}&institution={criteria.institution or ''}&",
        "sent_chart": bars(points, title=gettext("每天发出的消息")),
        "failed_chart": bars(failing, title=gettext("每天未送达的消息")),
    }
    return desk(request, actor, "deliveries_statistics", ACTIVE, context)

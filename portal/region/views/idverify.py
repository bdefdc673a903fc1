"""Manual review of residents' identities: list, one side by side, decision, figures (JA-IDV-06 to -11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError, NotFound
from portal.components.paging import number_of, read_leaf
from portal.components.pictures import picture
from portal.components.sheets import Sheet
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.idverify import access, reviewing, selectors
from regional_services.idverify.models import FILED, Reason, Side, State
from regional_services.idverify.permissions import REVIEW, STATISTICS
from regional_services.idverify.selectors import Criteria

HERE = "/district/identity"
PAGE = 50
MOST_DAYS = 732


@require_GET
@district_page(REVIEW)
def listing(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every submitted application; what waits comes first where nothing else is asked for. One query."""
    asked = request.GET.get("state", State.PENDING.value)
    criteria = Criteria(
        state=asked if asked in FILED else "",
        since=_day(request.GET.get("since", "")),
        until=_day(request.GET.get("until", "")),
        mine=request.GET.get("only") == "mine",
        appeals=request.GET.get("only") == "appeals",
    )
    rows = selectors.listed(actor, criteria, skip=(number_of(request) - 1) * PAGE, limit=PAGE + 1)
    context = {
        "leaf": read_leaf(request, rows, PAGE),
        "criteria": criteria,
        "only": request.GET.get("only", ""),
        "states": [State(state) for state in FILED],
    }
    return desk(request, actor, "identity_list", "identity", context)


@require_GET
@district_page(REVIEW)
def one(request: HttpRequest, actor: Actor, application_id: UUID) -> HttpResponse:
    """Photographs and fields side by side; a waiting one opens only in the hands of who took it."""
    found = selectors.for_review(actor, application_id)
    context = {"row": found, "reasons": Reason.choices, "photos": [found.photos[s] for s in Side if s in found.photos]}
    return desk(request, actor, "identity_one", "identity", context)


@require_POST
@district_page(REVIEW)
def take_next(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The one that has waited longest."""
    try:
        return HttpResponseRedirect(f"{HERE}/{reviewing.take_next(actor=actor)}")
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect(HERE)


@require_POST
@district_page(REVIEW)
def take(request: HttpRequest, actor: Actor, application_id: UUID) -> HttpResponse:
    """This one, if nobody has it."""
    return _done(
        request, lambda: reviewing.take(actor=actor, application_id=application_id), "", f"{HERE}/{application_id}"
    )


@require_POST
@district_page(REVIEW)
def give_back(request: HttpRequest, actor: Actor, application_id: UUID) -> HttpResponse:
    """For somebody else."""
    return _done(
        request, lambda: reviewing.give_back(actor=actor, application_id=application_id), gettext("已放回待审核列表。")
    )


@require_POST
@district_page(REVIEW)
def approve(request: HttpRequest, actor: Actor, application_id: UUID) -> HttpResponse:
    """Accepted: asked for in so many words, for nothing takes it back."""
    if request.POST.get("compared") != "1":
        messages.error(request, gettext("请先逐项核对照片与填写内容，并勾选确认。"), extra_tags="bad")
        return HttpResponseRedirect(f"{HERE}/{application_id}")
    return _done(
        request,
        lambda: reviewing.approve(actor=actor, application_id=application_id),
        gettext("已通过，该居民现为已实名。"),
    )


@require_POST
@district_page(REVIEW)
def reject(request: HttpRequest, actor: Actor, application_id: UUID) -> HttpResponse:
    """Refused, with the reason the resident reads."""
    reason, note = request.POST.get("reason", ""), request.POST.get("note", "")
    return _done(
        request,
        lambda: reviewing.reject(actor=actor, application_id=application_id, reason=reason, note=note),
        gettext("已退回，居民会看到原因。"),
        on_failure=f"{HERE}/{application_id}",
    )


@require_GET
@district_page(REVIEW)
def photo(request: HttpRequest, actor: Actor, application_id: UUID, side: str) -> HttpResponse:  # noqa: ARG001
    """A watermarked photograph; the look is audited."""
    if side not in Side.values:
        raise NotFound
    return picture(access.picture_for_review(actor=actor, application_id=application_id, side=side))


@require_GET
@district_page(STATISTICS)
def statistics(request: HttpRequest, actor: Actor) -> HttpResponse:
    """By period and outcome. Two queries."""
    first, last, by_month = _span(request)
    rows = selectors.figures(actor, first, last, by_month=by_month)
    context = {
        "rows": rows,
        "total": selectors.total_of(rows),
        "reasons": selectors.reasons(actor, first, last),
        "first": first.isoformat(),
        "last": last.isoformat(),
        "by": "month" if by_month else "day",
    }
    return desk(request, actor, "identity_statistics", "identity-figures", context)


@require_GET
@district_page(STATISTICS)
def statistics_csv(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The same as a sheet: figures, no person in them. One query."""
    first, last, by_month = _span(request)
    rows = selectors.figures(actor, first, last, by_month=by_month)
    sheet = Sheet(f"identity-{first}-{last}.csv")
    sheet.row([gettext("时段"), gettext("提交"), gettext("待审核"), gettext("已通过"), gettext("未通过")])
    for row in [*rows, selectors.total_of(rows)]:
        sheet.row([row.period or gettext("合计"), row.total, row.pending, row.approved, row.rejected])
    return sheet.answer


def _done(
    request: HttpRequest, act: Callable[[], object], said: str, to: str = HERE, *, on_failure: str = ""
) -> HttpResponse:
    try:
        act()
    except NotFound:
        raise
    except HubError as problem:
        text = "；".join(problem.fields.values()) or problem.text
        messages.error(request, text, extra_tags="bad")
        return HttpResponseRedirect(on_failure or to)
    if said:
        messages.success(request, said, extra_tags="ok")
    return HttpResponseRedirect(to)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _span(request: HttpRequest) -> tuple[date, date, bool]:
    """The days asked for, at most two years; the last 30 where nothing sensible is asked."""
    today = clock.today()
    last = _day(request.GET.get("last", "")) or today
    first = _day(request.GET.get("first", "")) or last - timedelta(days=29)
    if not timedelta(0) <= last - first <= timedelta(days=MOST_DAYS):
        first = last - timedelta(days=29)
    return first, last, request.GET.get("by") == "month"

"""运行监控: every service as it is, the running log of a period, the scene of each fault."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError, NotFound
from hub.outbox import selectors as outbox
from hub.recovery import selectors as recovery
from hub.running import faults, usage, watching
from hub.running.faults import FaultSearch
from hub.running.permissions import CLOSE_FAULTS, VIEW
from hub.running.usage import UsageSearch
from portal.components.paging import number_of, read_leaf
from portal.components.sheets import Sheet
from portal.desk.lights import lights
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.booking.permissions import VIEW_DISTRICT
from regional_services.statistics import selectors as statistics
from regional_services.synthetic import selectors as synthetic

HERE = "/district/running"
PAGE = 50
EXPORTED = 10_000


@require_GET
@district_page(VIEW)
def overview(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Services, parties outside, hospitals, backups: what stopped stands first and is red."""
    lit = lights(statistics.health(), synthetic.states())
    context = {
        "services": watching.services(actor=actor),
        "parties": outbox.outside_lines(),
        "hospitals": [one for one in lit if one.tone != "ok"],
        "count": len(lit),
        "backups": recovery.health(),
        "faults": faults.faults(actor=actor, search=FaultSearch(open_only=True), limit=10),
        "at": clock.now(),
        "may_open": actor.may(VIEW_DISTRICT),
    }
    template = "running_live" if request.headers.get("HX-Request") else "running"
    return desk(request, actor, template, "running", context)


def _period(request: HttpRequest) -> tuple[date, date]:
    """The days asked for, today and the six before it where nothing sensible was asked."""
    last = _day(request.GET.get("last", "")) or clock.today()
    first = _day(request.GET.get("first", "")) or last - timedelta(days=6)
    return (first, last) if first <= last else (last, first)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _instants(first: date, last: date) -> tuple[datetime, datetime]:
    return clock.at(first, clock.MIDNIGHT), clock.at(last + timedelta(days=1), clock.MIDNIGHT)


def _search(request: HttpRequest) -> UsageSearch:
    since, until = _instants(*_period(request))
    who, what = request.GET.get("who", "").strip(), request.GET.get("what", "").strip()
    return UsageSearch(since=since, until=until, who=who, what=what)


@require_GET
@district_page(VIEW)
def log(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who used what, how services ran, what broke: of the days asked for. Three queries."""
    first, last = _period(request)
    asked = _search(request)
    skip = (number_of(request) - 1) * PAGE
    rows = usage.used(actor=actor, search=asked, skip=skip, limit=PAGE + 1)
    context = {
        "first": first,
        "last": last,
        "who": asked.who,
        "what": asked.what,
        "leaf": read_leaf(request, rows, PAGE),
        "spans": watching.spans(actor=actor, since=asked.since, until=asked.until),
        "faults": faults.faults(
            actor=actor, search=FaultSearch(since=asked.since, until=asked.until, who=asked.who, what=asked.what)
        ),
        "export": f"{HERE}/log.csv?{request.GET.urlencode()}",
    }
    return desk(request, actor, "running_log", "running", context)


@require_GET
@district_page(VIEW)
def export(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The use of the period as a sheet: members of staff and functions, nobody's data."""
    first, last = _period(request)
    sheet = Sheet(f"running-{first}-{last}.csv")
    sheet.row(gettext("人员,机构,功能,次数,出错,平均毫秒,最近一小时").split(","))
    for row in usage.used(actor=actor, search=_search(request), limit=EXPORTED):
        sheet.row(
            [row.actor_name, row.hospital, row.route, row.times, row.failures, row.mean_ms, clock.local(row.last_hour)]
        )
    return sheet.answer


@require_GET
@district_page(VIEW)
def fault(request: HttpRequest, actor: Actor, fault_id: UUID) -> HttpResponse:
    """One fault with its scene."""
    context = {"fault": faults.fault(actor=actor, fault_id=fault_id), "may_close": actor.may(CLOSE_FAULTS)}
    return desk(request, actor, "running_fault", "running", context)


@require_POST
@district_page(CLOSE_FAULTS)
def close(request: HttpRequest, actor: Actor, fault_id: UUID) -> HttpResponse:
    """The cause is known, and what was done."""
    try:
        closed = faults.close(actor=actor, fault_id=fault_id, cause=request.POST.get("cause", ""))
    except NotFound:
        raise
    except HubError as problem:
        messages.error(request, next(iter(problem.fields.values()), problem.text), extra_tags="bad")
    else:
        messages.success(
            request, gettext("已记录原因，同一故障的 %(count)s 条一并结束。") % {"count": closed}, extra_tags="ok"
        )
    return HttpResponseRedirect(f"{HERE}/faults/{fault_id}")

"""接口: the light and the messages, dead letters, what the hospital sent, the report of the night."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from hub.journal.region.permissions import REPLAY, VIEW_DEAD_LETTERS
from hub.outbox import operators
from hub.tenancy.scope import hospital
from institution_connectors.contracts import Operation
from institution_connectors.exchange import health as connector_health
from institution_connectors.exchange import permissions, selectors, services
from institution_connectors.exchange.models import State
from portal.components.paging import query_with
from portal.components.words import OPERATION_WORDS
from portal.desk.lights import light
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital.parts import PAGE, after_of, place
from regional_services.synthetic import selectors as synthetic
from tenants.scheduling import selectors as scheduling

TROUBLE = (State.UNKNOWN, State.REJECTED)
MORNING = time(7)
TABS = (
    ("messages", "消息"),
    ("inbound", "医院来文"),
    ("dead", "停止的投递"),
    ("synthetic", "平台巡检"),
    ("conformance", "对接验收"),
    ("night", "夜间报告"),
)


@require_GET
@desk_page(permissions.VIEW)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The light, and the messages: newest first, the troubled ones one filter away."""
    code, only = own_hospital(actor), request.GET.get("only", "")
    wanted = request.GET.get("operation", "")
    operation = next((known for known in Operation if known.value == wanted), None)
    correlation = request.GET.get("correlation", "").strip()
    with hospital(code, read_only=True):
        health = connector_health.health()
        rows = selectors.exchanges(
            after=after_of(request),
            limit=PAGE + 1,
            operation=operation,
            states=TROUBLE if only == "trouble" else (),
            correlation=correlation,
        )
    shown = rows[:PAGE]
    context = {
        "tabs": TABS,
        "tab": "messages",
        "health": health,
        "light": light(health),
        "only": only,
        "operation": wanted,
        "operations": [(key.value, words) for key, words in OPERATION_WORDS.items()],
        "correlation": correlation,
        "rows": [(row, OPERATION_WORDS.get(row.operation, row.operation)) for row in shown],
        "may_probe": actor.may(permissions.PROBE),
        "more": query_with(request, after=place(shown[-1].asked_at, shown[-1].id)) if len(rows) > PAGE else "",
    }
    return desk(request, actor, "connector", "messages", context)


@require_GET
@desk_page(permissions.VIEW)
def message(request: HttpRequest, actor: Actor, exchange_id: UUID) -> HttpResponse:
    """One ask: its attempts, its messages (masked), what came of it, and the button that runs it again."""
    found = services.open_detail(actor=actor, code=own_hospital(actor), exchange_id=exchange_id)
    bodies = found.messages if actor.may(permissions.VIEW_BODY) else []
    context = {
        "detail": found,
        "words": OPERATION_WORDS.get(found.row.operation, found.row.operation),
        "bodies": bodies,
        "may_rerun": actor.may(permissions.RERUN) and found.row.state == State.REJECTED,
    }
    return desk(request, actor, "message", "messages", context)


@require_POST
@desk_page(permissions.RERUN)
def rerun(request: HttpRequest, actor: Actor, exchange_id: UUID) -> HttpResponse:
    """Run an ask again, as a new one that names the old."""
    try:
        fresh = services.rerun(
            actor=actor,
            code=own_hospital(actor),
            exchange_id=exchange_id,
            reason=request.POST.get("reason", "").strip(),
        )
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
        return HttpResponseRedirect(f"/workspace/messages/{exchange_id}")
    return HttpResponseRedirect(f"/workspace/messages/{fresh}")


@require_POST
@desk_page(permissions.PROBE)
def probe(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Look at the hospital's system now."""
    services.ask_probe(actor=actor, code=own_hospital(actor))
    messages.success(request, _("已发出探测，几秒后刷新本页看结果。"), extra_tags="ok")
    return HttpResponseRedirect("/workspace/messages")


@require_GET
@desk_page(permissions.VIEW)
def inbound(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What the hospital sent, newest first."""
    kind, number = request.GET.get("kind", "").strip(), request.GET.get("number", "").strip()
    with hospital(own_hospital(actor), read_only=True):
        rows = selectors.inbound(after=after_of(request), limit=PAGE + 1, kind=kind, message_id=number)
    shown = rows[:PAGE]
    context = {
        "tabs": TABS,
        "tab": "inbound",
        "rows": shown,
        "kind": kind,
        "number": number,
        "more": query_with(request, after=place(shown[-1].received_at, shown[-1].id)) if len(rows) > PAGE else "",
    }
    return desk(request, actor, "inbound", "messages", context)


@require_GET
@desk_page(permissions.VIEW)
def inbound_message(request: HttpRequest, actor: Actor, inbound_id: UUID) -> HttpResponse:
    """One message of the hospital: what was understood of it, and its masked text."""
    found = services.open_inbound(actor=actor, code=own_hospital(actor), inbound_id=inbound_id)
    bodies = found.messages if actor.may(permissions.VIEW_BODY) else []
    return desk(request, actor, "inbound_message", "messages", {"detail": found, "bodies": bodies})


@require_GET
@desk_page(VIEW_DEAD_LETTERS)
def dead(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Deliveries that stopped and wait for a person."""
    rows = operators.waiting(actor=actor, scope=own_hospital(actor))
    context = {"tabs": TABS, "tab": "dead", "rows": rows, "may_replay": actor.may(REPLAY)}
    return desk(request, actor, "dead", "messages", context)


@require_POST
@desk_page(REPLAY)
def replay(request: HttpRequest, actor: Actor, outbox_id: int) -> HttpResponse:
    """Try one of them again."""
    try:
        operators.replay(
            actor=actor, scope=own_hospital(actor), outbox_id=outbox_id, reason=request.POST.get("reason", "")
        )
        messages.success(request, _("已重新投递；成功后它不再出现在这里。"), extra_tags="ok")
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect("/workspace/dead")


@require_GET
@desk_page(permissions.VIEW)
def night(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The report of 07:00: what failed, what healed by itself, what waits for you."""
    code, until = own_hospital(actor), _until()
    with hospital(code, read_only=True):
        report = connector_health.night(until - clock.DAY)
        conflicts = scheduling.open_conflicts()
        health = connector_health.health()
    visits = synthetic.failures_since(code, until - clock.DAY)
    letters = operators.waiting(actor=actor, scope=code) if actor.may(VIEW_DEAD_LETTERS) else []
    context = {
        "tabs": TABS,
        "tab": "night",
        "report": report,
        "failed": [(row, OPERATION_WORDS.get(row.operation, row.operation)) for row in report.failed],
        "healed": [(row, OPERATION_WORDS.get(row.operation, row.operation)) for row in report.healed],
        "waiting": [(row, OPERATION_WORDS.get(row.operation, row.operation)) for row in report.waiting],
        "visits": visits,
        "visited": synthetic.state_of(code),
        "letters": letters,
        "conflicts": conflicts,
        "light": light(health),
        "until": until,
        "todo": len(report.waiting) + len(letters) + len(conflicts) + report.not_rerun,
    }
    return desk(request, actor, "night", "messages", context)


def _until() -> datetime:
    """The latest 07:00: the report covers the day before it, and everything since."""
    now = clock.now()
    morning = clock.at(clock.today(), MORNING)
    return morning if morning <= now else morning - timedelta(days=1)

"""接口: the light and the messages, dead letters, what the hospital sent, the report of the night."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError, NotFound
from hub.journal.region.permissions import REPLAY, VIEW_DEAD_LETTERS
from hub.outbox import operators
from hub.outbox.selectors import DeadSearch
from hub.security.sealed_forms import SealedForm, SealedTextInput
from hub.tenancy.scope import hospital
from institution_connectors.catalog.selectors import test_endpoint
from institution_connectors.contracts import Operation
from institution_connectors.exchange import health as connector_health
from institution_connectors.exchange import permissions, selectors, services
from institution_connectors.exchange.models import State
from portal.components.paging import query_with
from portal.components.words import OPERATION_WORDS
from portal.desk.lights import light
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital.differing import differing
from portal.hospital.parts import PAGE, after_of, date_of, place
from regional_services.synthetic import selectors as synthetic
from tenants.nightly import permissions as nightly_permissions
from tenants.nightly import services as nightly
from tenants.scheduling import selectors as scheduling

TROUBLE = (State.UNKNOWN, State.REJECTED)
ANSWERS_WITHIN = timedelta(seconds=15)
"""So long the page of a message run again looks for its answer by itself; every look is an opening, and audited."""
TABS = (
    ("messages", "消息"),
    ("inbound", "医院来文"),
    ("dead", "停止的投递"),
    ("synthetic", "平台巡检"),
    ("conformance", "对接验收"),
    ("night", "夜间报告"),
)


@require_GET
@desk_page(permissions.VIEW, whole=True)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The light, and the messages: newest first, the troubled ones one filter away."""
    code, only = own_hospital(actor), request.GET.get("only", "")
    wanted = request.GET.get("operation", "")
    operation = next((known for known in Operation if known.value == wanted), None)
    correlation = request.GET.get("correlation", "").strip()
    number = request.GET.get("number", "").strip()
    since, until = date_of(request, "since"), date_of(request, "until")
    with hospital(code, read_only=True):
        health = connector_health.health()
        rows = selectors.exchanges(
            after=after_of(request),
            limit=PAGE + 1,
            operation=operation,
            states=TROUBLE if only == "trouble" else (),
            correlation=correlation,
            hub_number=number,
            since=clock.at(since, clock.MIDNIGHT) if since else None,
            until=clock.at(until, clock.MIDNIGHT) + clock.DAY if until else None,
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
        "number": number,
        "since": since,
        "until": until,
        "rows": [(row, OPERATION_WORDS.get(row.operation, row.operation)) for row in shown],
        "may_probe": actor.may(permissions.PROBE),
        "more": query_with(request, after=place(shown[-1].asked_at, shown[-1].id)) if len(rows) > PAGE else "",
    }
    return desk(request, actor, "connector", "messages", context)


@require_GET
@desk_page(permissions.VIEW, whole=True)
def message(request: HttpRequest, actor: Actor, exchange_id: UUID) -> HttpResponse:
    """One ask: its attempts, its messages (masked), what came of it, and the button that runs it again.

    One that was run again shows the first answer and the new one side by side.
    """
    code = own_hospital(actor)
    found = services.open_detail(actor=actor, code=code, exchange_id=exchange_id)
    with hospital(code, read_only=True):
        first = selectors.detail(found.row.rerun_of) if found.row.rerun_of else None
        again = selectors.rerun_of(exchange_id)
        skew = connector_health.health().skew_ms
    may_read = actor.may(permissions.VIEW_BODY)
    bodies = found.messages if may_read else []
    context = {
        "moving": bool(first) and found.row.ended_at is None and clock.now() - found.row.asked_at < ANSWERS_WITHIN,
        "pairs": differing(first, found, bodies=may_read) if first else [],
        "first": first,
        "again": again,
        "skew": skew,
        "test": test_endpoint(code),
        "detail": found,
        "words": OPERATION_WORDS.get(found.row.operation, found.row.operation),
        "bodies": bodies,
        "may_rerun": actor.may(permissions.RERUN) and found.row.state == State.REJECTED,
    }
    return desk(request, actor, "message", "messages", context)


@require_POST
@desk_page(permissions.RERUN, whole=True)
def rerun(request: HttpRequest, actor: Actor, exchange_id: UUID) -> HttpResponse:
    """Run an ask again, as a new one that names the old."""
    try:
        fresh = services.rerun(
            actor=actor,
            code=own_hospital(actor),
            exchange_id=exchange_id,
            reason=request.POST.get("reason", "").strip(),
            at_test=request.POST.get("where") == "test",
        )
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
        return HttpResponseRedirect(f"/workspace/messages/{exchange_id}")
    return HttpResponseRedirect(f"/workspace/messages/{fresh}")


@require_POST
@desk_page(permissions.PROBE, whole=True)
def probe(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Look at the hospital's system now."""
    services.ask_probe(actor=actor, code=own_hospital(actor))
    messages.success(request, _("已发出探测，几秒后刷新本页看结果。"), extra_tags="ok")
    return HttpResponseRedirect("/workspace/messages")


@require_GET
@desk_page(permissions.VIEW, whole=True)
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
@desk_page(permissions.VIEW, whole=True)
def inbound_message(request: HttpRequest, actor: Actor, inbound_id: UUID) -> HttpResponse:
    """One message of the hospital: what was understood of it, and its masked text."""
    found = services.open_inbound(actor=actor, code=own_hospital(actor), inbound_id=inbound_id)
    bodies = found.messages if actor.may(permissions.VIEW_BODY) else []
    return desk(request, actor, "inbound_message", "messages", {"detail": found, "bodies": bodies})


@require_GET
@desk_page(VIEW_DEAD_LETTERS, whole=True)
def dead(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Deliveries that stopped and wait for a person, by name, matter and error, a page at a time."""
    wanted = {name: request.GET.get(name, "").strip() for name in ("name", "aggregate", "text")}
    after = request.GET.get("after", "")
    rows = operators.waiting(
        actor=actor,
        scope=own_hospital(actor),
        wanted=DeadSearch(**wanted),
        after=int(after) if after.isdecimal() else 0,
        limit=PAGE + 1,
    )
    context = {
        "tabs": TABS,
        "tab": "dead",
        "rows": rows[:PAGE],
        "wanted": wanted,
        "narrowed": any(wanted.values()),
        "may_replay": actor.may(REPLAY),
        "more": query_with(request, after=str(rows[PAGE - 1].id)) if len(rows) > PAGE else "",
    }
    return desk(request, actor, "dead", "messages", context)


@require_POST
@desk_page(REPLAY, whole=True)
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
@desk_page(nightly_permissions.VIEW, whole=True)
def nights(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The reports of 07:00, by day, and what has happened since the last one."""
    code = own_hospital(actor)
    since = clock.at(nightly.last_morning(), nightly.MORNING)
    with hospital(code, read_only=True):
        rows = nightly.reports()
        report = connector_health.night(since)
        conflicts = scheduling.open_conflicts()
        health = connector_health.health()
        known = nightly.contact()
    visits = synthetic.failures_since(code, since)
    letters = operators.waiting(actor=actor, scope=code) if actor.may(VIEW_DEAD_LETTERS) else []
    context = {
        "tabs": TABS,
        "tab": "night",
        "reports": rows,
        "report": report,
        "failed": _worded(report.failed),
        "healed": _worded(report.healed),
        "waiting": _worded(report.waiting),
        "visits": visits,
        "visited": synthetic.state_of(code),
        "letters": letters,
        "conflicts": conflicts,
        "light": light(health),
        "since": since,
        "contact": known,
        "form": ContactForm(request),
        "may_set": actor.may(nightly_permissions.SET_CONTACT),
        "todo": len(report.waiting) + len(letters) + len(conflicts) + report.not_rerun,
    }
    return desk(request, actor, "night", "messages", context)


def _worded(rows: list[selectors.ExchangeRow]) -> list[tuple[selectors.ExchangeRow, str]]:
    return [(row, OPERATION_WORDS.get(row.operation, row.operation.text)) for row in rows]


@require_GET
@desk_page(nightly_permissions.VIEW, whole=True)
def night(request: HttpRequest, actor: Actor, day: str) -> HttpResponse:
    """One stored report, to read and to print."""
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        raise NotFound from None
    report = nightly.open_report(actor=actor, hospital=own_hospital(actor), day=wanted)
    groups = (
        (_("等您处理：结果待核实"), "warn", report.waiting),
        (_("失败"), "bad", report.failed),
        (_("自行恢复"), "ok", report.healed),
    )
    context = {
        "report": report,
        "groups": [
            (title, tone, [(line, Operation(line.operation).text, _instant(line.asked_at)) for line in rows])
            for title, tone, rows in groups
        ],
    }
    return desk(request, actor, "night_day", "messages", context)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@require_POST
@desk_page(nightly_permissions.SET_CONTACT, whole=True)
def contact(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who gets the short message at 07:00."""
    form = ContactForm(request)
    try:
        typed = form.cleaned_data if form.is_valid() else {}
        nightly.set_contact(
            actor=actor,
            hospital=own_hospital(actor),
            name=str(typed.get("name", "")),
            phone=str(typed.get("phone", "")),
        )
        messages.success(request, _("已保存，明早 07:00 起发给此人。"), extra_tags="ok")
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect("/workspace/night")


class ContactForm(SealedForm):
    """The IT contact; what is typed travels sealed."""

    name = forms.CharField(label=_("姓名"), max_length=60)
    phone = forms.CharField(label=_("手机号"), max_length=11, widget=SealedTextInput("form.phone:contact"))

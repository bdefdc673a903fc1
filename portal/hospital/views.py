"""A hospital's own workspace: today's bookings and the messages of its connector."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from hub.tenancy.scope import hospital as hospital_scope
from institution_connectors.contracts import Operation
from institution_connectors.exchange import permissions as exchange_permissions
from institution_connectors.exchange import selectors as exchange
from institution_connectors.exchange import services as exchange_services
from institution_connectors.exchange.models import State as ExchangeState
from portal.desk.pages import desk, desk_page, own_hospital
from regional_services.booking import permissions
from tenants.appointments import selectors as appointments
from tenants.appointments.models import State
from tenants.directory import selectors as directory
from tenants.patients import selectors as patients

PAGE = 50
SKEW_LIMIT_MS = 30_000
TROUBLE = (ExchangeState.UNKNOWN, ExchangeState.REJECTED)
OPERATION_WORDS = {
    Operation.REGISTER: "登记预约",
    Operation.LOCK_NUMBER: "锁号",
    Operation.UNLOCK_NUMBER: "解锁",
    Operation.PAY_REGISTRATION: "补登支付",
    Operation.CANCEL_REGISTRATION: "退号",
    Operation.CHECK_OUTCOME: "核对结果",
    Operation.LIST_SCHEDULES: "取排班",
    Operation.LIST_NUMBERS: "取号源",
    Operation.LIST_DEPARTMENTS: "取科室",
    Operation.LIST_DOCTORS: "取医生",
    Operation.PING: "心跳",
}


def _day_of(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return clock.today()


def _after(request: HttpRequest) -> tuple[datetime, UUID] | None:
    """The place in a list that `after=<instant>,<id>` names; a mangled one begins anew."""
    try:
        at, _, row = request.GET.get("after", "").partition(",")
        return datetime.fromisoformat(at), UUID(row)
    except ValueError:
        return None


@require_GET
@desk_page(permissions.VIEW)
def today(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Bookings for visits on a day, by time: who, where, in what state, and whether the HIS knows."""
    code, day = own_hospital(actor), _day_of(request)
    state, number = request.GET.get("state", ""), request.GET.get("number", "").strip()
    with hospital_scope(code, read_only=True):
        rows = appointments.appointments_of_day(day, state=state, number=number, after=_after(request), limit=PAGE + 1)
        people = patients.patients_of([row.archive_id for row in rows])
        departments = {row.id: row.name for row in directory.departments()}
        doctors = {row.id: row.name for row in directory.doctors()}
        counts = appointments.counts_of_day(day)
    shown = rows[:PAGE]
    context = {
        "day": day,
        "before": day - timedelta(days=1),
        "following": day + timedelta(days=1),
        "state": state,
        "states": State.choices,
        "number": number,
        "counts": counts,
        "rows": [
            {
                "appointment": row,
                "patient": people.get(row.archive_id),
                "department": departments.get(row.department_id, ""),
                "doctor": doctors.get(row.doctor_id, "") if row.doctor_id else "",
            }
            for row in shown
        ],
        "more": f"{shown[-1].starts_at.isoformat()},{shown[-1].id}" if len(rows) > PAGE else "",
    }
    return desk(request, actor, "today", "today", context)


@require_GET
@desk_page(exchange_permissions.VIEW)
def connector(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The light, and the messages: newest first, the troubled ones one filter away."""
    code, only = own_hospital(actor), request.GET.get("only", "")
    wanted = request.GET.get("operation", "")
    operation = next((known for known in Operation if known.value == wanted), None)
    correlation = request.GET.get("correlation", "").strip()
    with hospital_scope(code, read_only=True):
        health = exchange.health()
        rows = exchange.exchanges(
            after=_after(request),
            limit=PAGE + 1,
            operation=operation,
            states=TROUBLE if only == "trouble" else (),
            correlation=correlation,
        )
    shown = rows[:PAGE]
    context = {
        "health": health,
        "light": _light(health),
        "only": only,
        "operation": wanted,
        "operations": [(key.value, words) for key, words in OPERATION_WORDS.items()],
        "correlation": correlation,
        "rows": [(row, OPERATION_WORDS.get(row.operation, row.operation)) for row in shown],
        "more": f"{shown[-1].asked_at.isoformat()},{shown[-1].id}" if len(rows) > PAGE else "",
    }
    return desk(request, actor, "connector", "messages", context)


def _light(health: exchange.Health) -> tuple[str, str]:
    """The colour and the words of the connector's light."""
    if health.reachable is False or (health.calls and health.failed == health.calls):
        return "bad", "医院系统联系不上"
    if health.unknown:
        return "warn", f"{health.unknown} 条结果待核实"
    if health.skew_ms is not None and abs(health.skew_ms) > SKEW_LIMIT_MS:
        return "warn", f"医院时钟相差 {health.skew_ms / 1000:.0f} 秒"
    if health.failed:
        return "warn", f"近 15 分钟 {health.failed} 次失败"
    return ("ok", "正常") if health.calls or health.reachable else ("off", "尚无往来")


@require_GET
@desk_page(exchange_permissions.VIEW)
def message(request: HttpRequest, actor: Actor, exchange_id: UUID) -> HttpResponse:
    """One ask: its attempts, its messages (masked), what came of it, and the button that runs it again."""
    with hospital_scope(own_hospital(actor), read_only=True):
        found = exchange.detail(exchange_id)
    bodies = found.messages if actor.may(exchange_permissions.VIEW_BODY) else []
    context = {
        "detail": found,
        "words": OPERATION_WORDS.get(found.row.operation, found.row.operation),
        "bodies": bodies,
        "may_rerun": actor.may(exchange_permissions.RERUN) and found.row.state == ExchangeState.REJECTED,
    }
    return desk(request, actor, "message", "messages", context)


@require_POST
@desk_page(exchange_permissions.RERUN)
def rerun(request: HttpRequest, actor: Actor, exchange_id: UUID) -> HttpResponse:
    """Run an ask again, as a new one that names the old."""
    try:
        fresh = exchange_services.rerun(
            actor=actor,
            code=own_hospital(actor),
            exchange_id=exchange_id,
            reason=request.POST.get("reason", "").strip(),
        )
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
        return HttpResponseRedirect(f"/workspace/messages/{exchange_id}")
    return HttpResponseRedirect(f"/workspace/messages/{fresh}")

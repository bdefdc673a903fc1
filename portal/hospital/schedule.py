"""排班与号源: the week, one session with its numbers and holders, extra numbers, stopping, disputes with the HIS."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError, InvalidInput
from hub.tenancy.scope import hospital
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital.parts import Line, date_of, id_of, lines
from tenants.appointments import selectors as appointments
from tenants.appointments.models import ACTIVE, Settlement
from tenants.directory import selectors as directory
from tenants.scheduling import permissions, selectors, services
from tenants.scheduling.errors import SessionNotFound
from tenants.scheduling.selectors import SessionSummary

WEEK = timedelta(days=7)
SLOT_MINUTES = 15


@require_GET
@desk_page(permissions.VIEW)
def week(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Seven days of sessions, by day; what is free, and how old our knowledge of it is."""
    first = date_of(request, "from") or clock.today()
    wanted = id_of(request.GET.get("department", ""))
    with hospital(own_hospital(actor), read_only=True):
        found = selectors.sessions_between(first, first + WEEK - timedelta(days=1))
        departments = [row for row in directory.departments() if row.is_active]
        conflicts = selectors.open_conflicts()
    names = {row.id: row.name for row in departments}
    shown = [row for row in found if wanted in (None, row.department_id)]
    days = [first + timedelta(days=offset) for offset in range(7)]
    context = {
        "days": [(day, [(row, names.get(row.department_id, "")) for row in shown if row.date == day]) for day in days],
        "first": first,
        "before": first - WEEK,
        "following": first + WEEK,
        "departments": departments,
        "department": wanted,
        "conflicts": conflicts,
        "oldest": min((row.synced_at for row in shown), default=None),
    }
    return desk(request, actor, "schedule", "schedule", context)


def _session(session_id: UUID) -> SessionSummary:
    found = selectors.session_summary(session_id)
    if found is None:
        raise SessionNotFound
    return found


@require_GET
@desk_page(permissions.VIEW)
def session(request: HttpRequest, actor: Actor, session_id: UUID) -> HttpResponse:
    """One session: every number, its state and who holds it."""
    with hospital(own_hospital(actor), read_only=True):
        found = _session(session_id)
        numbers = selectors.staff_numbers(session_id)
        held = {line.appointment.id: line for line in lines(appointments.appointments_of_session(session_id))}
        department = directory.department(found.department_id)
    is_open = found.state == "open" and found.date >= clock.today()
    context = {
        "session": found,
        "department": department,
        "numbers": [(number, held.get(number.holder) if number.holder else None) for number in numbers],
        "may_add": is_open and actor.may(permissions.ADD_NUMBER),
        "may_stop": is_open and actor.may(permissions.STOP_SESSION),
        "next_start": f"{clock.local(found.last_end):%H:%M}" if found.last_end else "",
        "minutes": SLOT_MINUTES,
    }
    return desk(request, actor, "session", "schedule", context)


@require_POST
@desk_page(permissions.ADD_NUMBER)
def add_number(request: HttpRequest, actor: Actor, session_id: UUID) -> HttpResponse:
    """加号."""
    code = own_hospital(actor)
    try:
        with hospital(code, read_only=True):
            found = _session(session_id)
        start = _instant(found, request.POST.get("start", ""))
        services.add_number(
            actor=actor,
            hospital=code,
            session_id=session_id,
            start=start,
            end=start + timedelta(minutes=_minutes(request.POST.get("minutes", ""))),
            reason=request.POST.get("reason", "").strip()[:100],
        )
        messages.success(request, _("已加号，居民端马上可约。"), extra_tags="ok")
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
    return HttpResponseRedirect(f"/workspace/sessions/{session_id}")


def _instant(found: SessionSummary, text: str) -> datetime:
    try:
        return clock.at(found.date, time.fromisoformat(text))
    except ValueError:
        raise InvalidInput("请填写加号的开始时间，如 11:30。") from None


def _minutes(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise InvalidInput("请填写就诊时长（分钟）。")
    return int(text)


@require_http_methods(["GET", "POST"])
@desk_page(permissions.STOP_SESSION)
def stop(request: HttpRequest, actor: Actor, session_id: UUID) -> HttpResponse:
    """Who is hit by stopping, in words; then the act."""
    code, here = own_hospital(actor), f"/workspace/sessions/{session_id}"
    with hospital(code, read_only=True):
        found = _session(session_id)
        rows = [row for row in appointments.appointments_of_session(session_id) if row.state in ACTIVE]
        hit = lines(rows)
        department = directory.department(found.department_id)
    error = ""
    if request.method == "POST":
        reason = request.POST.get("reason", "").strip()
        error = _refused(reason, request.POST.get("seen", ""), len(hit))
        if not error:
            services.stop_own_session(actor=actor, hospital=code, session_id=session_id, reason=reason[:100])
            messages.success(request, _("已停诊。受影响的预约正在逐个取消、退费并通知。"), extra_tags="ok")
            return HttpResponseRedirect(here)
    context = {
        "session": found,
        "department": department,
        "hit": hit,
        "paid_fen": _paid(hit),
        "paid": sum(line.appointment.settlement is Settlement.PAID for line in hit),
        "error": error,
        "back": here,
    }
    answer = desk(request, actor, "session_stop", "schedule", context)
    answer.status_code = 409 if error else 200
    return answer


def _paid(hit: list[Line]) -> int:
    return sum(line.appointment.fee_fen for line in hit if line.appointment.settlement is Settlement.PAID)


def _refused(reason: str, seen: str, count: int) -> str:
    if not reason:
        return _("请填写停诊原因，患者会看到它。")
    if seen != str(count):
        return _("受影响的人数刚刚变了，请看过新名单再确认。")
    return ""

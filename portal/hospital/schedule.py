"""排班与号源: the week or one day, one session with its numbers and holders, extra numbers, disputes with the HIS."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError, InvalidInput
from hub.tenancy.scope import hospital
from portal.components.paging import query_with
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital.parts import date_of, id_of, lines
from tenants.appointments import selectors as appointments
from tenants.directory import selectors as directory
from tenants.directory.selectors import DepartmentView
from tenants.registry import calendar
from tenants.scheduling import permissions, selectors, services
from tenants.scheduling.authority import authority
from tenants.scheduling.errors import SessionNotFound
from tenants.scheduling.models import Channel
from tenants.scheduling.selectors import SessionSummary

WEEK = timedelta(days=7)
SLOT_MINUTES = 15
TABS = (("schedule", gettext_lazy("排班")), ("releases", gettext_lazy("放号规则")))


def _span(request: HttpRequest) -> tuple[bool, date, date]:
    """Whether one day is asked for, and the first and last day shown."""
    by_day = request.GET.get("view") == "day"
    first = date_of(request, "from") or clock.today()
    return by_day, first, first if by_day else first + WEEK - timedelta(days=1)


def _own_departments(actor: Actor) -> list[DepartmentView]:
    return [row for row in directory.departments() if row.is_active and actor.sees(row.id)]


@require_GET
@desk_page(permissions.VIEW)
def week(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Seven days of sessions, or one day in lines; what is free, from when, and how old our knowledge of it is."""
    by_day, first, last = _span(request)
    code = own_hospital(actor)
    wanted, doctor = id_of(request.GET.get("department", "")), id_of(request.GET.get("doctor", ""))
    with hospital(code, read_only=True):
        departments = _own_departments(actor)
        names = {row.id: row.name for row in departments}
        chosen = [wanted] if wanted in names else list(names)
        shown = selectors.sessions_between(first, last, departments=chosen, doctor_id=doctor)
        doctors = [row for row in directory.doctors() if row.is_active and row.department_id in chosen]
        conflicts = selectors.open_conflicts() if actor.sees_all else []
    step = timedelta(days=1) if by_day else WEEK
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    marks = calendar.marks(first, last)
    context = {
        "tabs": TABS,
        "tab": "schedule",
        "by_day": by_day,
        "days": [
            (day, marks.get(day), [(row, names[row.department_id]) for row in shown if row.date == day]) for day in days
        ],
        "first": first,
        "before": query_with(request, **{"from": (first - step).isoformat()}),
        "following": query_with(request, **{"from": (first + step).isoformat()}),
        "other_view": query_with(request, view="" if by_day else "day"),
        "today": query_with(request, **{"from": ""}),
        "departments": departments,
        "department": wanted,
        "doctors": doctors,
        "doctor": doctor,
        "conflicts": conflicts,
        "authority": authority(code),
        "oldest": min((row.synced_at for row in shown), default=None),
    }
    return desk(request, actor, "schedule", "schedule", context)


def own_session(actor: Actor, session_id: UUID) -> SessionSummary:
    """The session, if it is this member of staff's to see; inside the hospital's scope."""
    found = selectors.session_summary(session_id)
    if found is None or not actor.sees(found.department_id):
        raise SessionNotFound
    return found


@require_GET
@desk_page(permissions.VIEW)
def session(request: HttpRequest, actor: Actor, session_id: UUID) -> HttpResponse:
    """One session: every number, its state and who holds it."""
    code = own_hospital(actor)
    with hospital(code, read_only=True):
        found = own_session(actor, session_id)
        numbers = selectors.staff_numbers(session_id)
        held = {line.appointment.id: line for line in lines(appointments.appointments_of_session(session_id))}
        department = directory.department(found.department_id)
        stopped_here, _holders = selectors.reopenable(session_id, clock.now())
    is_open = found.state == "open" and found.date >= clock.today()
    power = authority(code)
    context = {
        "session": found,
        "department": department,
        "numbers": [
            (number, held.get(number.holder) if number.holder else None, Channel(number.pool).label)
            if number.pool
            else (number, held.get(number.holder) if number.holder else None, "")
            for number in numbers
        ],
        "now": clock.now(),
        "authority": power,
        "may_add": is_open and power.extra and actor.may(permissions.ADD_NUMBER),
        "may_stop": is_open and actor.may(permissions.STOP_SESSION),
        "may_reopen": stopped_here > 0 and actor.may(permissions.STOP_SESSION),
        "may_alter": is_open and power.alter and actor.may(permissions.ALTER_SESSION),
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
            found = own_session(actor, session_id)
        start = instant(found, request.POST.get("start", ""))
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


def instant(found: SessionSummary, text: str) -> datetime:
    """A time of the session's day as a form has it; InvalidInput for none."""
    try:
        return clock.at(found.date, time.fromisoformat(text))
    except ValueError:
        raise InvalidInput(_("请填写时间，如 11:30。")) from None


def _minutes(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise InvalidInput(_("请填写就诊时长（分钟）。"))
    return int(text)

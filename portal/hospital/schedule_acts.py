"""Stopping a session, wholly or from a time on, and altering one: who is affected and what it costs, then the act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub import clock
from hub.actor import Actor
from hub.errors import HubError, InvalidInput
from hub.tenancy.scope import hospital
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital.parts import Line, id_of, lines
from portal.hospital.schedule import instant, own_session
from tenants.appointments import reopening
from tenants.appointments import selectors as appointments
from tenants.appointments.models import ACTIVE, Settlement, State
from tenants.directory import selectors as directory
from tenants.registry import selectors as registry
from tenants.scheduling import permissions, services
from tenants.scheduling.altering import Change
from tenants.scheduling.authority import authority
from tenants.scheduling.errors import NothingToReopen
from tenants.scheduling.selectors import SessionSummary

PRESETS = ("医生外出会诊", "医生身体不适", "设备故障", "天气原因")


@dataclass(frozen=True, slots=True)
class Group:
    """People whom an act treats alike: what happens to them, and how much money goes back."""

    title: str
    tone: str
    lines: list[Line]
    fen: int = 0


def _of_session(code: str, actor: Actor, session_id: UUID) -> tuple[SessionSummary, str, list[Line]]:
    with hospital(code, read_only=True):
        found = own_session(actor, session_id)
        department = directory.department(found.department_id)
        rows = appointments.appointments_of_session(session_id)
        return found, department.name if department else "", lines(rows)


def stop_groups(hit: list[Line], from_time: datetime | None) -> list[Group]:
    """Whom a stop treats how: wholly, or from a time on with those who came apart (practice 13)."""
    active = [line for line in hit if line.appointment.state in ACTIVE]
    if from_time is None:
        return [Group(_("取消预约，已付的原路退回"), "bad", active, _paid(active))]
    waiting = [line for line in active if line.appointment.present_at is not None]
    away = [line for line in active if line.appointment.present_at is None]
    later = [line for line in away if line.appointment.starts_at >= from_time]
    return [
        Group(_("未到：取消预约，已付的原路退回"), "bad", later, _paid(later)),
        Group(_("已到院等候：号保留，请到分诊台改看其他医生或退号"), "warn", waiting),
        Group(_("过号未到：不变"), "", [line for line in away if line.appointment.starts_at < from_time]),
        Group(_("已就诊：不变"), "ok", [line for line in hit if line.appointment.state is State.FULFILLED]),
    ]


def _paid(hit: list[Line]) -> int:
    return sum(line.appointment.fee_fen for line in hit if line.appointment.settlement is Settlement.PAID)


def _seen(request: HttpRequest) -> frozenset[UUID]:
    """The bookings that stood on the page the person confirms."""
    return frozenset(found for found in map(id_of, request.POST.get("seen", "").split(",")) if found)


@require_http_methods(["GET", "POST"])
@desk_page(permissions.STOP_SESSION)
def stop(request: HttpRequest, actor: Actor, session_id: UUID) -> HttpResponse:
    """停诊, wholly or from a time on: preview in words, then the act."""
    code, here = own_hospital(actor), f"/workspace/sessions/{session_id}"
    found, department, hit = _of_session(code, actor, session_id)
    typed = request.POST or request.GET
    error, from_time = "", None
    try:
        if typed.get("part") == "part":
            from_time = instant(found, typed.get("from_time", ""))
        if request.method == "POST":
            reason = _reason(typed)
            services.stop_own_session(
                actor=actor,
                hospital=code,
                session_id=session_id,
                reason=reason,
                from_time=from_time,
                seen=_seen(request),
            )
            messages.success(request, _("已停诊。受影响的预约正在逐个取消、退费并通知。"), extra_tags="ok")
            return HttpResponseRedirect(here)
    except HubError as refusal:
        error = refusal.text
    groups = stop_groups(hit, from_time)
    context = {
        "session": found,
        "department": department,
        "groups": groups,
        "fen": sum(group.fen for group in groups),
        "people": len(groups[0].lines),
        "seen": ",".join(str(line.appointment.id) for line in hit if line.appointment.state in ACTIVE),
        "part": from_time is not None or typed.get("part") == "part",
        "from_time": typed.get("from_time") or f"{clock.local(clock.now()):%H:%M}",
        "reason": typed.get("reason", ""),
        "presets": PRESETS,
        "error": error,
        "back": here,
    }
    answer = desk(request, actor, "session_stop", "schedule", context)
    answer.status_code = 409 if error else 200
    return answer


def _reason(typed: Mapping[str, str]) -> str:
    reason = typed.get("reason", "").strip()[:100]
    if not reason:
        raise InvalidInput(_("请填写原因，患者会看到它。"))
    return reason


def _change(typed: Mapping[str, str], found: SessionSummary) -> Change:
    """What the form asks to be otherwise; fields left as they are don't count."""
    doctor = id_of(typed.get("doctor", ""))
    posts = {row.id: row for row in directory.doctors()}
    post = posts.get(doctor) if doctor and doctor != found.doctor_id else None
    return Change(
        doctor_id=post.id if post else None,
        doctor_name=post.name if post else None,
        registration_level=_changed(typed.get("level", ""), found.registration_level),
        fee_fen=_fen(typed.get("fee", ""), found.fee_fen),
        room=_changed(typed.get("room", ""), found.room),
        campus_code=_changed(typed.get("campus", ""), found.campus_code),
        shift_minutes=_shift(typed.get("start", ""), found),
    )


def _changed(text: str, before: str) -> str | None:
    value = text.strip()
    return value[:60] if value and value != before else None


def _fen(text: str, before: int) -> int | None:
    whole, _dot, part = text.strip().partition(".")
    if not text.strip():
        return None
    if not whole.isdigit() or (part and not part.isdigit()) or len(part) > 2:
        raise InvalidInput(_("挂号费请写成 25 或 25.50。"))
    fen = int(whole) * 100 + int(part.ljust(2, "0") or 0)
    return fen if fen != before else None


def _shift(text: str, found: SessionSummary) -> int:
    if not text.strip() or found.first_start is None:
        return 0
    return round((instant(found, text.strip()) - found.first_start).total_seconds() / 60)


@require_http_methods(["GET", "POST"])
@desk_page(permissions.ALTER_SESSION)
def alter(request: HttpRequest, actor: Actor, session_id: UUID) -> HttpResponse:
    """替诊与改诊: another doctor, price, room, campus or time; everybody affected is asked and may leave free."""
    code, here = own_hospital(actor), f"/workspace/sessions/{session_id}"
    authority(code).require_alter()
    found, department, hit = _of_session(code, actor, session_id)
    typed = request.POST or request.GET
    error, change, asked = "", Change(), "reason" in typed
    try:
        with hospital(code, read_only=True):
            change = _change(typed, found) if asked else change
            doctors = [row for row in directory.doctors() if row.is_active and actor.sees(row.department_id)]
        if request.method == "POST":
            services.alter_session(
                actor=actor,
                hospital=code,
                session_id=session_id,
                change=change,
                reason=_reason(typed),
                seen=_seen(request),
            )
            messages.success(request, _("已调整。受影响的患者正在逐个收到通知，可接受或免费退出。"), extra_tags="ok")
            return HttpResponseRedirect(here)
    except HubError as refusal:
        error = refusal.text
        with hospital(code, read_only=True):
            doctors = [row for row in directory.doctors() if row.is_active and actor.sees(row.department_id)]
    active = [line for line in hit if line.appointment.state in ACTIVE]
    context = {
        "session": found,
        "department": department,
        "doctors": [row for row in doctors if row.department_id == found.department_id],
        "campuses": registry.institution(code).campuses,
        "groups": [Group(_("收到通知，可接受或免费退出"), "warn", active, _difference(active, change.fee_fen))],
        "people": len(active),
        "most": _paid(active),
        "seen": ",".join(str(line.appointment.id) for line in active),
        "asked": asked and not error,
        "typed": typed,
        "start": f"{clock.local(found.first_start):%H:%M}" if found.first_start else "",
        "fee": f"{found.fee_fen / 100:g}",
        "error": error,
        "back": here,
    }
    answer = desk(request, actor, "session_alter", "schedule", context)
    answer.status_code = 409 if error else 200
    return answer


def _difference(hit: list[Line], fee_fen: int | None) -> int:
    """What goes back if everybody stays."""
    if fee_fen is None:
        return 0
    return sum(
        max(line.appointment.fee_fen - fee_fen, 0) for line in hit if line.appointment.settlement is Settlement.PAID
    )


@require_http_methods(["GET", "POST"])
@desk_page(permissions.STOP_SESSION)
def reopen(request: HttpRequest, actor: Actor, session_id: UUID) -> HttpResponse:
    """恢复出诊: what was stopped here takes place after all; who lost his number is asked first."""
    code, here = own_hospital(actor), f"/workspace/sessions/{session_id}"
    found, department, _hit = _of_session(code, actor, session_id)
    error, looked = "", None
    try:
        if request.method == "POST":
            reopening.reopen_session(
                actor=actor, hospital=code, session_id=session_id, reason=request.POST.get("reason", "")[:100]
            )
            messages.success(request, _("正在恢复：原来预约的人先收到通知，其余的号随后放出。"), extra_tags="ok")
            return HttpResponseRedirect(here)
        with hospital(code, read_only=True):
            looked = reopening.outlook(session_id)
        if not looked.numbers:
            raise NothingToReopen
    except HubError as refusal:
        error = refusal.text
    context = {
        "session": found,
        "department": department,
        "numbers": looked.numbers if looked else 0,
        "people": len(looked.bookings) if looked else 0,
        "reason": request.POST.get("reason", ""),
        "error": error,
        "back": here,
    }
    answer = desk(request, actor, "session_reopen", "schedule", context)
    answer.status_code = 409 if error else 200
    return answer

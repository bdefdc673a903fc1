"""预约: search, one appointment with its history, acting for the patient, slip and export."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from hub.ids import domain_number
from hub.security import masking
from hub.tenancy.scope import hospital, region
from institution_connectors.exchange import permissions as exchange_permissions
from institution_connectors.exchange import selectors as exchange
from portal.components.paging import query_with
from portal.components.sheets import Sheet
from portal.components.words import HISTORY_WORDS, OPERATION_WORDS
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital import finding
from portal.hospital.finding import FindForm
from portal.hospital.parts import PAGE, Line, after_of, date_of, id_of, lines, place
from regional_services.booking import changes
from regional_services.booking import selectors as bookings
from regional_services.referrals import selectors as referrals
from regional_services.referrals.permissions import REFER
from tenants.appointments import comparing, permissions, selectors, services
from tenants.appointments.models import ACTIVE, State
from tenants.appointments.selectors import AppointmentView, Criteria
from tenants.directory import selectors as directory
from tenants.queueing import permissions as queue_permissions
from tenants.queueing import services as queues
from tenants.registry import selectors as registry

CANCEL_REASONS = ("患者来电要求取消", "患者到院要求取消", "重复预约", "信息登记有误")


def _criteria(request: HttpRequest, actor: Actor) -> Criteria:
    wanted = request.GET
    people = finding.kept(request, wanted.get("who", ""))
    narrowed = people is not None or wanted.get("number") or wanted.get("until") or "since" in wanted
    return Criteria(
        person_ids=people,
        number=wanted.get("number", "").strip(),
        since=date_of(request, "since", None if narrowed else clock.today()),
        until=date_of(request, "until"),
        state=wanted.get("state", ""),
        department_id=id_of(wanted.get("department", "")),
        departments=actor.departments,
    )


@require_GET
@desk_page(permissions.VIEW)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Appointments that agree with the filters, latest visit first; without any, today's and later ones."""
    code, criteria = own_hospital(actor), _criteria(request, actor)
    with hospital(code, read_only=True):
        rows = selectors.search(criteria, after=after_of(request), limit=PAGE + 1)
        shown = lines(rows[:PAGE])
        departments = [row for row in directory.departments() if row.is_active and actor.sees(row.id)]
    context = {
        "form": FindForm(request),
        "criteria": criteria,
        "rows": shown,
        "states": State.choices,
        "departments": departments,
        "who": request.GET.get("who", ""),
        "may_export": actor.may(permissions.EXPORT),
        "query": query_with(request, after=""),
        "more": query_with(request, after=place(rows[PAGE - 1].starts_at, rows[PAGE - 1].id))
        if len(rows) > PAGE
        else "",
    }
    return desk(request, actor, "appointments", "appointments", context)


@require_POST
@desk_page(permissions.VIEW)
def search(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What was typed into the field: straight to the one appointment, else to the list of what these people have."""
    form = FindForm(request)
    if not form.is_valid():
        return HttpResponseRedirect("/workspace/appointments")
    found = finding.find(actor, own_hospital(actor), form.cleaned_data["q"])
    if len(found.appointments) == 1:
        return HttpResponseRedirect(f"/workspace/appointments/{found.appointments[0].id}")
    if not found.people:
        messages.warning(request, _("没有找到。请核对号码是否完整，或换证件号、手机号再查。"), extra_tags="warn")
        return HttpResponseRedirect("/workspace/appointments")
    return HttpResponseRedirect(f"/workspace/appointments?who={finding.keep(request, found.people)}")


def _line(code: str, view: AppointmentView) -> Line:
    with hospital(code, read_only=True):
        return lines([view])[0]


@require_GET
@desk_page(permissions.VIEW)
def detail(request: HttpRequest, actor: Actor, booking_id: UUID) -> HttpResponse:
    """One appointment: facts, patient masked, what happened to it and by whom, what may be done now."""
    code = own_hospital(actor)
    view = services.open_appointment(actor=actor, hospital=code, booking_id=booking_id)
    with hospital(code, read_only=True):
        line = lines([view])[0]
        asks = exchange.exchanges(correlation=f"booking:{booking_id}") if actor.may(exchange_permissions.VIEW) else []
    with region(read_only=True, staff_of=code):
        booking = bookings.booking_of(booking_id)
        history = bookings.history(booking_id)
        changed = changes.changes_of(booking_id)
        sent = referrals.received_of(code, booking_id) if booking and booking.may_be_referred else None
    with hospital(code, read_only=True):
        compared = comparing.latest(booking_id)
    is_active = view.state in ACTIVE
    context = {
        "line": line,
        "appointment": view,
        "booking": booking,
        "number": domain_number("B", booking_id),
        "history": [(step, HISTORY_WORDS.get(step.what, step.what)) for step in history],
        "asks": [(ask, OPERATION_WORDS.get(ask.operation, ask.operation)) for ask in asks],
        "changes": changed,
        "sent": sent,
        "sent_by": registry.institution(sent.from_code) if sent else None,
        "may_refer": actor.may(REFER),
        "may_compare": is_active and actor.may(permissions.COMPARE),
        "compared": compared,
        "may_cancel": is_active and actor.may(permissions.CANCEL),
        "may_check_in": actor.may(queue_permissions.CHECK_IN)
        and view.state is State.BOOKED
        and view.visit_date == clock.today()
        and view.present_at is None,
    }
    return desk(request, actor, "appointment", "appointments", context)


@require_http_methods(["GET", "POST"])
@desk_page(permissions.CANCEL)
def cancel(request: HttpRequest, actor: Actor, booking_id: UUID) -> HttpResponse:
    """Say what cancelling means, then do it for the patient."""
    code, here = own_hospital(actor), f"/workspace/appointments/{booking_id}"
    if request.method == "POST":
        reason = request.POST.get("other", "").strip() or request.POST.get("reason", "")
        try:
            services.cancel_at_desk(actor=actor, hospital=code, booking_id=booking_id, reason=reason)
            messages.success(request, _("已代患者提交取消，号与费用按流程自动处理。"), extra_tags="ok")
        except HubError as refusal:
            messages.error(request, refusal.text, extra_tags="bad")
        return HttpResponseRedirect(here)
    view = services.open_appointment(actor=actor, hospital=code, booking_id=booking_id)
    context = {"line": _line(code, view), "appointment": view, "reasons": CANCEL_REASONS, "back": here}
    return desk(request, actor, "appointment_cancel", "appointments", context)


@require_POST
@desk_page(permissions.COMPARE)
def compare(request: HttpRequest, actor: Actor, booking_id: UUID) -> HttpResponse:
    """Ask the hospital's own system what it knows of this appointment; the answer is compared on its page."""
    try:
        comparing.ask(actor=actor, hospital=own_hospital(actor), booking_id=booking_id)
        messages.success(request, _("已向医院系统查询，几秒后刷新本页看比对结果。"), extra_tags="ok")
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
    return HttpResponseRedirect(f"/workspace/appointments/{booking_id}")


@require_POST
@desk_page(queue_permissions.CHECK_IN)
def check_in(request: HttpRequest, actor: Actor, booking_id: UUID) -> HttpResponse:
    """The patient is here."""
    try:
        queues.check_in_at_desk(actor=actor, hospital=own_hospital(actor), booking_id=booking_id)
        messages.success(request, _("已签到。"), extra_tags="ok")
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
    return HttpResponseRedirect(f"/workspace/appointments/{booking_id}")


@require_GET
@desk_page(permissions.VIEW)
def slip(request: HttpRequest, actor: Actor, booking_id: UUID) -> HttpResponse:
    """A slip of paper for a person without a phone."""
    code = own_hospital(actor)
    view = services.open_appointment(actor=actor, hospital=code, booking_id=booking_id)
    number = domain_number("B", booking_id)
    context = {
        "line": _line(code, view),
        "appointment": view,
        "number": number,
        "institution": registry.institution(code),
        "qr": segno.make(number, error="m").svg_data_uri(scale=4, border=2),
        "printed_at": clock.now(),
    }
    return desk(request, actor, "slip", "appointments", context)


@require_POST
@desk_page(permissions.EXPORT, step_up=True)
def export(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list as a table file: masked, every line says who took it and when."""
    code, criteria = own_hospital(actor), _criteria(request, actor)
    rows = services.export(actor=actor, hospital=code, criteria=criteria)
    with hospital(code, read_only=True):
        shown = lines(rows)
    now = clock.now()
    sheet = Sheet(f"appointments-{clock.local(now):%Y%m%d-%H%M%S}.csv")
    heads = _("就诊日期,时间,序号,预约号,登记号,姓名,证件号,科室,医生,状态,费用状态,医院系统,导出人,导出时间")
    sheet.row(heads.split(","))
    for line in shown:
        sheet.row([*_cells(line, actor.hidden), actor.name, f"{clock.local(now):%F %T}"])
    return sheet.answer


def _cells(line: Line, hidden: frozenset[str]) -> list[str]:
    view, patient = line.appointment, line.patient
    day: date = view.visit_date
    return [
        f"{day:%F}",
        f"{clock.local(view.starts_at):%H:%M}-{clock.local(view.ends_at):%H:%M}",
        str(view.sequence),
        domain_number("B", view.id),
        view.his_registration,
        masking.name(patient.name) if patient and "name" not in hidden else "",
        masking.document(patient.document_number) if patient and "document" not in hidden else "",
        line.department,
        line.doctor,
        view.state.label,
        view.settlement.label,
        view.his_state.label,
    ]

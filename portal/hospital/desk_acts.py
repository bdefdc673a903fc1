"""Acting for a person at the desk (practice 9): scan anything, see what this person needs now, book for him."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from hub.security.sealed_forms import SealedForm, SealedTextInput
from hub.tenancy.scope import hospital
from hub.vigilance import services as vigilance
from hub.vigilance.permissions import PROTECT
from portal.commands import command_of
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital import finding
from portal.hospital.finding import FindForm
from portal.hospital.parts import id_of, lines
from portal.hospital.schedule import own_session
from regional_services.cards import services as cards
from regional_services.cards.kinds import scheme_of
from regional_services.cards.models import ScanState
from regional_services.identity import documents, visitcards
from regional_services.identity.documents import DocumentKind
from regional_services.referrals.permissions import REFER
from tenants.appointments import permissions, selectors, services
from tenants.appointments.errors import AppointmentNotFound
from tenants.appointments.models import ACTIVE, DeskState, State
from tenants.appointments.selectors import Criteria
from tenants.appointments.services import DeskWish
from tenants.directory import selectors as directory
from tenants.patients import contracts
from tenants.patients import permissions as patient_permissions
from tenants.patients.selectors import PatientView
from tenants.queueing import permissions as queue_permissions
from tenants.queueing import services as queues
from tenants.scheduling import selectors as scheduling
from tenants.scheduling.errors import NumberTaken
from tenants.scheduling.models import Channel, NumberState
from tenants.scheduling.selectors import SessionSummary, StaffNumber

DAYS = 7


class NewcomerForm(SealedForm):
    """Somebody this hospital has not seen yet, by the document on the desk."""

    name = forms.CharField(label=_("姓名（与证件一致）"), max_length=50, widget=SealedTextInput("form.name:desk"))
    document_type = forms.ChoiceField(label=_("证件类型"), choices=[(kind.value, kind.text) for kind in DocumentKind])
    document_number = forms.CharField(label=_("证件号码"), max_length=30, widget=SealedTextInput("form.document:desk"))
    phone = forms.CharField(
        label=_("手机号（没有可不填）"), max_length=11, required=False, widget=SealedTextInput("form.phone:desk")
    )
    sex = forms.ChoiceField(
        label=_("性别（证件不含时填写）"), choices=[("", "—"), ("1", _("男")), ("2", _("女"))], required=False
    )
    birth_date = forms.DateField(
        label=_("出生日期（证件不含时填写）"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


@require_POST
@desk_page(permissions.VIEW)
def scan(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Any code or document: to the appointment it names, to the person it belongs to, or to booking for a newcomer."""
    form = FindForm(request)
    if not form.is_valid():
        return HttpResponseRedirect("/workspace/")
    text = form.cleaned_data["q"]
    if scheme_of(text) is not None and actor.may(patient_permissions.SEARCH):
        scan_id = cards.scan(actor=actor, hospital=own_hospital(actor), text=text)
        return HttpResponseRedirect(f"/workspace/scan/{scan_id}")
    try:
        holder = visitcards.opened(text)
        if holder is not None:
            return _card_shown(request, actor, holder)
    except HubError as refusal:
        messages.warning(request, refusal.text, extra_tags="warn")
        return HttpResponseRedirect("/workspace/")
    return _found(request, actor, text)


@require_GET
@desk_page(patient_permissions.SEARCH)
def scanned(request: HttpRequest, actor: Actor, scan_id: UUID) -> HttpResponse:
    """Wait for the card's issuer, then go to whom it named; without an answer the ID card does."""
    code = own_hospital(actor)
    row = cards.scan_of(actor, code, scan_id)
    if row.state == ScanState.KNOWN and row.number:
        number = cards.use(actor=actor, hospital=code, scan_id=scan_id)
        answer = _found(request, actor, number)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=200, headers={"HX-Redirect": answer.headers["Location"]})
        return answer
    return desk(request, actor, "scan", "today", {"scan": row, "form": FindForm(request)})


def _found(request: HttpRequest, actor: Actor, text: str) -> HttpResponse:
    found = finding.find(actor, own_hospital(actor), text)
    if len(found.appointments) == 1:
        return HttpResponseRedirect(f"/workspace/appointments/{found.appointments[0].id}")
    if len(found.people) == 1:
        return HttpResponseRedirect(f"/workspace/people/{found.people[0].archive_id}")
    if found.people:
        return HttpResponseRedirect(f"/workspace/appointments?who={finding.keep(request, found.people)}")
    messages.warning(request, _("本院没有这个号码。新患者请点“新患者预约”，按证件登记。"), extra_tags="warn")
    return HttpResponseRedirect("/workspace/")


def _card_shown(request: HttpRequest, actor: Actor, person_id: UUID) -> HttpResponse:
    """Whose card it is has today's visit here checked in; with none today it says so (WX-APPT-08)."""
    code, today = own_hospital(actor), clock.today()
    wanted = Criteria(person_ids=(person_id,), since=today, until=today, departments=actor.departments)
    with hospital(code, read_only=True):
        visits = [row for row in selectors.search(wanted, limit=20) if row.state in ACTIVE]
    if not visits:
        messages.warning(request, _("此卡今天在本院没有预约。"), extra_tags="warn")
        return HttpResponseRedirect("/workspace/")
    if actor.may(queue_permissions.CHECK_IN):
        for visit in visits:
            if visit.state is State.BOOKED and visit.present_at is None:
                queues.check_in_at_desk(actor=actor, hospital=code, booking_id=visit.id)
        messages.success(request, _("今天的 %(count)s 个预约已签到。") % {"count": len(visits)}, extra_tags="ok")
    if len(visits) == 1:
        return HttpResponseRedirect(f"/workspace/appointments/{visits[0].id}")
    return HttpResponseRedirect(f"/workspace/appointments?who={finding.keep_ids(request, [person_id])}")


@require_GET
@desk_page(patient_permissions.SEARCH)
def person(request: HttpRequest, actor: Actor, archive_id: UUID) -> HttpResponse:
    """One person: what to do now comes first, then all appointments."""
    code = own_hospital(actor)
    patient = finding.own_person(actor, code, archive_id)
    with hospital(code, read_only=True):
        criteria = Criteria(person_ids=(patient.person_id,), departments=actor.departments)
        rows = lines(selectors.search(criteria, limit=100))
        contract = contracts.contract_of(patient.person_id)
    today = clock.today()
    upcoming = [row for row in rows if row.appointment.state in ACTIVE and row.appointment.visit_date >= today]
    context = {
        "patient": patient,
        "upcoming": upcoming[::-1],
        "earlier": [row for row in rows if row not in upcoming],
        "today": today,
        "booked": State.BOOKED,
        "may_check_in": actor.may(queue_permissions.CHECK_IN),
        "may_book": actor.may(permissions.BOOK),
        "may_protect": actor.may(PROTECT),
        "contract": contract,
        "may_contract": actor.may(patient_permissions.CONTRACT),
        "may_refer": actor.may(REFER),
    }
    return desk(request, actor, "person", "today", context)


@require_POST
@desk_page(PROTECT)
def protect(request: HttpRequest, actor: Actor, archive_id: UUID) -> HttpResponse:
    """From now on the security administrator is told of every look at this record."""
    patient = finding.own_person(actor, own_hospital(actor), archive_id)
    try:
        vigilance.protect(actor=actor, person_id=patient.person_id, reason=request.POST.get("reason", "").strip())
        messages.success(request, _("已列为重点保护。"), extra_tags="ok")
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect(f"/workspace/people/{archive_id}")


@require_GET
@desk_page(permissions.BOOK)
def choose_session(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Sessions of a week with free numbers, for a person or for a newcomer."""
    code, first = own_hospital(actor), clock.today()
    patient, text = _patient(request, actor, code), request.GET.get("q", "").strip()
    with hospital(code, read_only=True):
        names = {row.id: row.name for row in directory.departments() if actor.sees(row.id)}
        found = scheduling.sessions_between(first, first + timedelta(days=DAYS - 1), departments=list(names))
    rows = [
        (row, names.get(row.department_id, ""))
        for row in found
        if row.left and (text in names.get(row.department_id, "") or text in row.doctor_name)
    ]
    context = {"patient": patient, "rows": rows, "q": text}
    return desk(request, actor, "book_session", "today", context)


def _patient(request: HttpRequest, actor: Actor, code: str) -> PatientView | None:
    archive_id = id_of(request.GET.get("person", ""))
    return finding.own_person(actor, code, archive_id) if archive_id else None


@require_http_methods(["GET", "POST"])
@desk_page(permissions.BOOK)
def book(request: HttpRequest, actor: Actor, session_id: UUID) -> HttpResponse:
    """The numbers of a session and, for a newcomer, his document; then the wish is on its way."""
    code = own_hospital(actor)
    patient = _patient(request, actor, code)
    form = None if patient else NewcomerForm(request)
    error, status = "", 200
    if request.method == "POST":
        try:
            wish = _wish(request, actor, code, session_id, patient, form)
            if wish is not None:
                made = services.book_at_desk(
                    actor=actor, hospital=code, wish=wish, command=command_of(request, "appointments.desk_book")
                )
                return HttpResponseRedirect(f"/workspace/requests/{made}")
            error, status = str(_("请按提示补全证件信息。")), 422
        except HubError as refusal:
            error, status = " ".join([refusal.text, *refusal.fields.values()]), refusal.status
    with hospital(code, read_only=True):
        found = own_session(actor, session_id)
        numbers = _free(found)
        department = directory.department(found.department_id)
    context = {
        "patient": patient,
        "form": form,
        "session": found,
        "department": department,
        "numbers": numbers,
        "error": error,
    }
    answer = desk(request, actor, "book", "today", context)
    answer.status_code = status
    return answer


def _free(found: SessionSummary) -> list[StaffNumber]:
    """What the window may take: its own share and referrals' at once, others when they are released."""
    now, own = clock.now(), (Channel.WINDOW, Channel.FAMILY)
    return [
        number
        for number in scheduling.staff_numbers(found.id)
        if number.state is NumberState.FREE
        and number.start > now
        and (number.pool in own or (not number.pool and found.is_released))
    ]


def _wish(
    request: HttpRequest,
    actor: Actor,
    code: str,
    session_id: UUID,
    patient: PatientView | None,
    form: NewcomerForm | None,
) -> DeskWish | None:
    """What the posted form asks for; None when the newcomer's form is not complete."""
    with hospital(code, read_only=True):
        chosen = [
            number
            for number in _free(own_session(actor, session_id))
            if str(number.id) == request.POST.get("number", "")
        ]
    if not chosen:
        raise NumberTaken
    [number] = chosen
    wish = DeskWish(
        session_id=session_id,
        number_id=number.id,
        starts_at=number.start,
        ends_at=number.end,
        channel=Channel.FAMILY if number.pool == Channel.FAMILY else Channel.WINDOW,
    )
    if patient is not None:
        return replace(wish, person_id=patient.person_id)
    if form is None or not form.is_valid():
        return None
    typed = form.cleaned_data
    read = documents.read(typed["document_type"], typed["document_number"], today=clock.today())
    return replace(
        wish,
        name=documents.name(typed["name"]),
        document_type=read.kind,
        document_number=read.number,
        phone=documents.phone(typed["phone"]) if typed["phone"] else "",
        sex=read.sex or typed["sex"],
        birth_date=read.birth_date or typed["birth_date"],
    )


@require_GET
@desk_page(permissions.BOOK)
def request_page(request: HttpRequest, actor: Actor, request_id: UUID) -> HttpResponse:
    """How far a wish has come; asks again by itself while it is on its way."""
    with hospital(own_hospital(actor), read_only=True):
        wish = selectors.desk_request(request_id)
        made = selectors.appointment(request_id)
        session = scheduling.session_summary(wish.session_id) if wish else None
    if wish is None or session is None or not actor.sees(session.department_id):
        raise AppointmentNotFound
    held = made is not None and made.state is State.HELD
    moving = wish.state is DeskState.ASKED or held
    standing = made if made is not None and made.state in ACTIVE else None
    context = {"wish": wish, "made": standing, "held": held, "moving": moving, "ended": made}
    if request.headers.get("HX-Request"):
        answer = desk(request, actor, "request_live", "today", context)
        answer.status_code = 200 if moving else 286
        return answer
    return desk(request, actor, "request", "today", context)

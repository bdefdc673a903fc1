"""家庭医生转诊: sign a resident, choose a number another hospital keeps for referrals, see what became of it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from hub.tenancy.scope import hospital, region
from portal.commands import command_of
from portal.components.paging import number_of, read_leaf
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital import finding
from portal.hospital.parts import PAGE, date_of, id_of, moment_of
from regional_services.catalog import referable
from regional_services.referrals import selectors, services
from regional_services.referrals.errors import ShareGone
from regional_services.referrals.models import State
from regional_services.referrals.permissions import REFER, VIEW
from regional_services.referrals.services import ReferralWish
from tenants.patients import contracts
from tenants.patients.contracts import ContractView
from tenants.patients.permissions import CONTRACT
from tenants.patients.selectors import PatientView
from tenants.registry import selectors as registry
from tenants.registry.functions import BOOKING


@require_POST
@desk_page(CONTRACT)
def contract(request: HttpRequest, actor: Actor, archive_id: UUID) -> HttpResponse:
    """Note that this person signed with a family doctor here, or that the contract ended."""
    code = own_hospital(actor)
    patient = finding.own_person(actor, code, archive_id, may=CONTRACT)
    try:
        if "end" in request.POST:
            contracts.end(actor=actor, hospital=code, person_id=patient.person_id)
            messages.success(request, _("已登记解约。"), extra_tags="ok")
        else:
            doctor = request.POST.get("doctor", "")
            contracts.sign(actor=actor, hospital=code, person_id=patient.person_id, doctor_name=doctor)
            messages.success(request, _("已登记签约。"), extra_tags="ok")
    except HubError as problem:
        messages.error(request, " ".join(problem.fields.values()) or problem.text, extra_tags="bad")
    return HttpResponseRedirect(f"/workspace/people/{archive_id}")


@require_GET
@desk_page(REFER)
def choose(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Sessions of other hospitals with numbers for referrals, soonest first."""
    code = own_hospital(actor)
    archive_id = id_of(request.GET.get("person", ""))
    if archive_id is None:
        return HttpResponseRedirect("/workspace/referrals")
    patient, contract = _patient(actor, code, archive_id)
    text, at, since = request.GET.get("q", "").strip()[:40], request.GET.get("at", ""), date_of(request, "since")
    with region(read_only=True):
        rows = referable.openings(
            besides=code, code=at, text=text, since=since, offset=(number_of(request) - 1) * PAGE, limit=PAGE + 1
        )
    places = [(row, registry.institution(row.institution_code)) for row in rows]
    named = [(row, place) for row, place in places if place.is_on(BOOKING)]
    context = {
        "patient": patient,
        "contract": contract,
        "leaf": read_leaf(request, named, PAGE),
        "hospitals": [view for view in registry.institutions_with(BOOKING) if view.code != code],
        "q": text,
        "at": at,
        "since": since,
    }
    return desk(request, actor, "refer_session", "referrals", context)


@require_http_methods(["GET", "POST"])
@desk_page(REFER)
def refer(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Read back what is about to be done, take the reason, and ask for the number."""
    code = own_hospital(actor)
    archive_id, session_id = id_of(request.GET.get("person", "")), id_of(request.GET.get("session", ""))
    if archive_id is None or session_id is None:
        return HttpResponseRedirect("/workspace/referrals")
    patient, contract = _patient(actor, code, archive_id)
    error, status = "", 200
    fields: dict[str, str] = {}
    if request.method == "POST":
        wish = ReferralWish(
            patient=patient,
            session_id=session_id,
            start=moment_of(request.POST.get("start", "")),
            note=request.POST.get("note", ""),
            agreed=bool(request.POST.get("agreed")),
        )
        try:
            made = services.refer(actor=actor, hospital=code, wish=wish, command=command_of(request, "referrals.refer"))
            return HttpResponseRedirect(f"/workspace/referrals/{made}")
        except HubError as refusal:
            error, status = refusal.text, refusal.status
            fields = dict(refusal.fields)
    with region(read_only=True):
        opening = referable.opening(session_id)
    if opening is None or opening.institution_code == code:
        messages.warning(request, ShareGone.text, extra_tags="warn")
        return HttpResponseRedirect(f"/workspace/refer?person={patient.archive_id}")
    context = {
        "patient": patient,
        "contract": contract,
        "opening": opening,
        "institution": registry.institution(opening.institution_code),
        "typed": request.POST,
        "chosen": moment_of(request.POST.get("start", "")),
        "longest": services.NOTE_LONGEST,
        "error": error,
        "fields": fields,
    }
    answer = desk(request, actor, "refer", "referrals", context)
    answer.status_code = status
    return answer


def _patient(actor: Actor, code: str, archive_id: UUID) -> tuple[PatientView, ContractView | None]:
    """The patient in the address, opened for this; ArchiveNotFound for strangers, and outside of one's departments."""
    patient = finding.own_person(actor, code, archive_id, may=REFER)
    with hospital(code, read_only=True):
        return patient, contracts.contract_of(patient.person_id)


@require_GET
@desk_page(VIEW)
def one(request: HttpRequest, actor: Actor, referral_id: UUID) -> HttpResponse:
    """What became of a referral; asks again by itself while it is on its way."""
    code = own_hospital(actor)
    view = selectors.own_referral(actor, code, referral_id)
    patient = finding.own_person(actor, code, view.archive_id, may=VIEW)
    moving = view.state is State.ASKED
    context = {
        "referral": view,
        "patient": patient,
        "institution": registry.institution(view.to_code),
        "moving": moving,
        "may_refer": actor.may(REFER),
        "late": moving and (clock.now() - view.asked_at).total_seconds() > 15,
    }
    if request.headers.get("HX-Request"):
        answer = desk(request, actor, "referral_live", "referrals", context)
        answer.status_code = 200 if moving else 286
        return answer
    return desk(request, actor, "referral", "referrals", context)

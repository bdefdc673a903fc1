"""转诊名单: whom this hospital referred, and who was referred to it; searched, paged, taken along as a sheet."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hub import clock
from hub.actor import Actor
from hub.security import masking
from hub.tenancy.scope import hospital
from portal.components.paging import number_of, query_with, read_leaf
from portal.components.sheets import begun
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital import finding
from portal.hospital.finding import FindForm
from portal.hospital.parts import PAGE, date_of
from regional_services.referrals import exporting, selectors
from regional_services.referrals.models import State
from regional_services.referrals.permissions import EXPORT, REFER, VIEW
from regional_services.referrals.selectors import ReceivedView, ReferralView, Wanted
from tenants.patients import permissions as patient_permissions
from tenants.patients import selectors as patients
from tenants.patients.selectors import PatientView
from tenants.registry import selectors as registry

SENT, RECEIVED = "/workspace/referrals", "/workspace/referrals/received"
TABS = (("referrals", "转出"), ("referrals/received", "转入"), ("referrals/contracts", "家庭医生签约"))


def _wanted(request: HttpRequest) -> Wanted:
    given = request.GET
    return Wanted(
        state=given.get("state", ""),
        text=given.get("q", "").strip()[:40],
        since=date_of(request, "since"),
        until=date_of(request, "until"),
        other=given.get("at", "")[:32],
        person_ids=finding.kept(request, given.get("who", "")),
    )


def _around(request: HttpRequest, actor: Actor, wanted: Wanted, here: str) -> dict[str, object]:
    """What both lists have around their rows."""
    code = own_hospital(actor)
    return {
        "here": here,
        "tabs": TABS if actor.may(patient_permissions.CONTRACT) and actor.sees_all else TABS[:2],
        "tab": here.removeprefix("/workspace/"),
        "wanted": wanted,
        "states": [(value, label) for value, label in State.choices if here == SENT or _comes(value)],
        "hospitals": [view for view in registry.institutions() if view.code != code],
        "who": request.GET.get("who", ""),
        "query": query_with(request, page=""),
        "form": FindForm(request) if actor.may(patient_permissions.SEARCH) else None,
        "may_export": actor.may(EXPORT),
        "may_refer": actor.may(REFER),
    }


def _comes(state: str) -> bool:
    return state not in (State.ASKED, State.REFUSED)  # of those the other hospital never hears


@require_GET
@desk_page(VIEW)
def sent(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Whom this hospital referred, newest first, names masked."""
    code, wanted = own_hospital(actor), _wanted(request)
    rows = selectors.sent(actor, code, wanted, offset=(number_of(request) - 1) * PAGE, limit=PAGE + 1)
    context = {"leaf": read_leaf(request, _of_archives(code, rows), PAGE), **_around(request, actor, wanted, SENT)}
    return desk(request, actor, "referrals", "referrals", context)


@require_GET
@desk_page(VIEW)
def received(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who was referred here, the newest referral first, names masked."""
    code, wanted = own_hospital(actor), _wanted(request)
    rows = selectors.received(actor, code, wanted, offset=(number_of(request) - 1) * PAGE, limit=PAGE + 1)
    context = {"leaf": read_leaf(request, _of_people(code, rows), PAGE), **_around(request, actor, wanted, RECEIVED)}
    return desk(request, actor, "referrals_received", "referrals", context)


def _of_archives(code: str, rows: list[ReferralView]) -> list[tuple[ReferralView, PatientView | None, str]]:
    with hospital(code, read_only=True):
        people = patients.patients_of([row.archive_id for row in rows])
    names = _names()
    return [(row, people.get(row.archive_id), names.get(row.to_code, row.to_code)) for row in rows]


def _of_people(code: str, rows: list[ReceivedView]) -> list[tuple[ReceivedView, PatientView | None, str]]:
    with hospital(code, read_only=True):
        archives = patients.primary_archives([row.person_id for row in rows])
        people = patients.patients_of(list(archives.values()))
    names, known = _names(), {person: people.get(archive) for person, archive in archives.items()}
    return [(row, known.get(row.person_id), names.get(row.from_code, row.from_code)) for row in rows]


def _names() -> dict[str, str]:
    return {view.code: view.name for view in registry.institutions()}


@require_POST
@desk_page(VIEW)
def search_sent(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What these people were referred for."""
    return _searched(request, actor, SENT)


@require_POST
@desk_page(VIEW)
def search_received(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What these people were referred here for."""
    return _searched(request, actor, RECEIVED)


def _searched(request: HttpRequest, actor: Actor, here: str) -> HttpResponse:
    form = FindForm(request)
    if not form.is_valid():
        return HttpResponseRedirect(here)
    found = finding.find(actor, own_hospital(actor), form.cleaned_data["q"])
    people: list[UUID] = [*(one.person_id for one in found.people), *(one.person_id for one in found.appointments)]
    if not people:
        messages.warning(request, _("没有找到。请核对号码是否完整，或换证件号、手机号再查。"), extra_tags="warn")
        return HttpResponseRedirect(here)
    return HttpResponseRedirect(f"{here}?who={finding.keep_ids(request, people)}")


@require_POST
@desk_page(EXPORT, step_up=True)
def export_sent(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list as a table file: masked, without the doctors' words; who took it stands in the audit."""
    code = own_hospital(actor)
    number, rows = exporting.export_sent(actor=actor, hospital=code, wanted=_wanted(request))
    sheet = begun(actor, number, "referrals-sent.csv")
    heads = _("转诊时间,姓名,证件号,转往机构,科室,医生,就诊日期,时间,状态,原因,签约医生,转诊人")
    sheet.row(heads.split(","))
    for row, person, name in _of_archives(code, rows):
        asked = f"{clock.local(row.asked_at):%F %H:%M}"
        at = row.starts_at or row.wanted_at
        sheet.row([asked, *_person(person, actor), name, *_visit(row, f"{clock.local(at):%H:%M}"), row.asked_by_name])
    return sheet.answer


@require_POST
@desk_page(EXPORT, step_up=True)
def export_received(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The same of those referred here."""
    code = own_hospital(actor)
    number, rows = exporting.export_received(actor=actor, hospital=code, wanted=_wanted(request))
    sheet = begun(actor, number, "referrals-received.csv")
    heads = _("转来时间,姓名,证件号,转来机构,科室,医生,就诊日期,时间,状态,原因,签约医生,转诊人")
    sheet.row(heads.split(","))
    for row, person, name in _of_people(code, rows):
        made = f"{clock.local(row.made_at):%F %H:%M}"
        at = f"{clock.local(row.starts_at):%H:%M}"
        sheet.row([made, *_person(person, actor), name, *_visit(row, at), row.asked_by_name])
    return sheet.answer


def _person(person: PatientView | None, actor: Actor) -> list[str]:
    return [
        masking.name(person.name) if person and "name" not in actor.hidden else "",
        masking.document(person.document_number) if person and "document" not in actor.hidden else "",
    ]


def _visit(row: ReferralView | ReceivedView, at: str) -> list[str]:
    day = f"{row.visit_date:%F}"
    return [row.department_name, row.doctor_name, day, at, row.state.label, row.reason, row.family_doctor]

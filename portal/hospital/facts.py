"""设置: departments, doctors, rooms, prices, texts, rules, switches: who owns each, how old it is, who changed it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError, InvalidInput, NotFound
from hub.tenancy.scope import hospital
from portal.components.paging import query_with
from portal.components.pictures import picture
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital.parts import PAGE, id_of
from tenants.directory import editing, permissions, photos
from tenants.directory import selectors as directory
from tenants.directory.models import MappingKind, Sensitivity, Service
from tenants.directory.selectors import DoctorView
from tenants.registry import rules
from tenants.registry import selectors as registry
from tenants.registry.functions import FUNCTIONS
from tenants.scheduling import selectors as scheduling

HOME = "/workspace/facts"
TABS = (("facts", gettext_lazy("资料与须知")), ("facts/mappings", gettext_lazy("代码对照")))


@require_GET
@desk_page(permissions.VIEW, whole=True)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What the hub owns, editable; what the HIS or the district owns, with the reason and its age."""
    code = own_hospital(actor)
    view = registry.institution(code)
    with hospital(code, read_only=True):
        departments, doctors = directory.departments(), directory.doctors()
        prices = scheduling.prices(clock.today())
        rooms = scheduling.rooms(clock.today())
        texts, history = editing.texts(), editing.changes(limit=20)
    names = {row.id: row.name for row in departments}
    context = {
        "tabs": TABS,
        "tab": "facts",
        "departments": [row for row in departments if row.is_active],
        "doctors": [(row, names.get(row.department_id, "")) for row in doctors if row.is_active],
        "oldest": min((row.synced_at for row in departments), default=None),
        "prices": prices,
        "rooms": rooms,
        "texts": [(key, title, texts.get(key, "")) for key, title in editing.TEXTS.items()],
        "rules": [(rule, getattr(view, rule.name)) for rule in rules.RULES],
        "switches": [(function.text, view.is_on(function.code)) for function in FUNCTIONS.values()],
        "history": history,
        "may_edit": actor.may(permissions.EDIT),
    }
    return desk(request, actor, "facts", "facts", context)


@require_POST
@desk_page(permissions.EDIT, whole=True)
def text(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A text of the whole hospital to residents."""
    try:
        editing.edit_text(
            actor=actor,
            hospital=own_hospital(actor),
            key=request.POST.get("key", ""),
            text=request.POST.get("text", ""),
        )
        messages.success(request, _("已保存，居民马上看到。"), extra_tags="ok")
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
    return HttpResponseRedirect(HOME)


@require_http_methods(["GET", "POST"])
@desk_page(permissions.VIEW)
def department(request: HttpRequest, actor: Actor, department_id: UUID) -> HttpResponse:
    """One department: what its HIS says, what the hospital wrote here, who changed it."""
    code, error = own_hospital(actor), ""
    if request.method == "POST":
        try:
            editing.edit_department(
                actor=actor,
                hospital=code,
                department_id=department_id,
                own_intro=request.POST.get("own_intro", ""),
                notice=request.POST.get("notice", ""),
                sensitivity=request.POST.get("sensitivity", ""),
                service=request.POST.get("service", ""),
            )
            messages.success(request, _("已保存，居民马上看到。"), extra_tags="ok")
            return HttpResponseRedirect(f"{HOME}/departments/{department_id}")
        except InvalidInput as refusal:
            error = refusal.text
    with hospital(code, read_only=True):
        found = directory.department(department_id)
        history = editing.changes(f"department:{department_id}")
    if found is None or not actor.sees(department_id):
        raise NotFound
    context = {
        "fact": found,
        "history": history,
        "labels": Sensitivity.choices,
        "services": Service.choices,
        "may_edit": actor.may(permissions.EDIT),
        "error": error,
    }
    return desk(request, actor, "fact", "directory", context)


@require_http_methods(["GET", "POST"])
@desk_page(permissions.VIEW)
def doctor(request: HttpRequest, actor: Actor, doctor_id: UUID) -> HttpResponse:
    """One doctor's post, the same way."""
    code = own_hospital(actor)
    if request.method == "POST":
        editing.edit_doctor(
            actor=actor, hospital=code, doctor_id=doctor_id, own_intro=request.POST.get("own_intro", "")
        )
        messages.success(request, _("已保存，居民马上看到。"), extra_tags="ok")
        return HttpResponseRedirect(f"{HOME}/doctors/{doctor_id}")
    with hospital(code, read_only=True):
        found = _seen_doctor(actor, doctor_id)
        history = editing.changes(f"doctor:{doctor_id}")
    context = {"fact": found, "post": True, "history": history, "may_edit": actor.may(permissions.EDIT)}
    return desk(request, actor, "fact", "directory", context)


@require_POST
@desk_page(permissions.EDIT)
def doctor_photo(request: HttpRequest, actor: Actor, doctor_id: UUID) -> HttpResponse:
    """A new photograph of the doctor, or none any more."""
    code, sent = own_hospital(actor), request.FILES.get("photo")
    try:
        if request.POST.get("to") == "remove":
            photos.remove_photo(actor=actor, hospital=code, doctor_id=doctor_id)
            messages.success(request, _("照片已撤下，居民端显示姓氏。"), extra_tags="ok")
        else:
            photos.set_photo(
                actor=actor, hospital=code, doctor_id=doctor_id, content=sent.read() if sent is not None else b""
            )
            messages.success(request, _("照片已保存，居民马上看到。"), extra_tags="ok")
    except InvalidInput as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
    return HttpResponseRedirect(f"{HOME}/doctors/{doctor_id}")


@require_GET
@desk_page(permissions.VIEW)
def shown_photo(request: HttpRequest, actor: Actor, doctor_id: UUID) -> HttpResponse:  # noqa: ARG001 - the guard's
    """The photograph as residents see it."""
    code = own_hospital(actor)
    with hospital(code, read_only=True):
        found = _seen_doctor(actor, doctor_id)
    return picture(photos.photo(code, found.practitioner_id))


def _seen_doctor(actor: Actor, doctor_id: UUID) -> DoctorView:
    found = next((row for row in directory.doctors() if row.id == doctor_id), None)
    if found is None or not actor.sees(found.department_id):
        raise NotFound
    return found


@require_GET
@desk_page(permissions.VIEW, whole=True)
def mappings(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What the HIS's codes mean here, from when to when."""
    code, wanted = own_hospital(actor), {name: request.GET.get(name, "").strip() for name in ("kind", "text")}
    after = request.GET.get("after", "")
    with hospital(code, read_only=True):
        rows = editing.mappings(
            kind=wanted["kind"],
            text=wanted["text"],
            after=int(after) if after.isdecimal() else 0,
            limit=PAGE + 1,
        )
        departments = [row for row in directory.departments() if row.is_active]
        doctors = {row.practitioner_id: row for row in directory.doctors() if row.is_active}
    context = {
        "tabs": TABS,
        "tab": "facts/mappings",
        "rows": rows[:PAGE],
        "wanted": wanted,
        "kinds": MappingKind.choices,
        "departments": departments,
        "doctors": list(doctors.values()),
        "today": clock.today(),
        "may_map": actor.may(permissions.MAP),
        "more": query_with(request, after=str(rows[PAGE - 1].id)) if len(rows) > PAGE else "",
    }
    return desk(request, actor, "mappings", "facts", context)


@require_POST
@desk_page(permissions.MAP, whole=True)
def new_mapping(request: HttpRequest, actor: Actor) -> HttpResponse:
    """From a day on, a code means something else."""
    code = own_hospital(actor)
    try:
        hub_id = id_of(request.POST.get("hub_id", ""))
        if hub_id is None:
            raise InvalidInput(_("请选择对应的科室或医生。"))
        editing.set_mapping(
            actor=actor,
            hospital=code,
            kind=request.POST.get("kind", ""),
            his_code=request.POST.get("his_code", ""),
            hub_id=hub_id,
            valid_from=_date(request.POST.get("valid_from", "")),
            generation=registry.institution(code).his_generation,
        )
        messages.success(request, _("已保存，从生效日期起按新的对照。"), extra_tags="ok")
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
    return HttpResponseRedirect(f"{HOME}/mappings")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput(_("请填写生效日期。")) from None

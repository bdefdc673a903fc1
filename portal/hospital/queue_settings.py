"""候诊规则与设备: the rules with the day they begin, the clinics' codes to print, screens and kiosks with their links."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from hub.tenancy.scope import hospital
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital.parts import id_of
from portal.screens.links import device_link
from tenants.directory import selectors as directory
from tenants.queueing import arriving, permissions, selectors, services
from tenants.queueing import rules as queue_rules
from tenants.queueing.models import DeviceKind
from tenants.queueing.rules import CHOICES, SETTINGS, Rules


@require_http_methods(["GET", "POST"])
@desk_page(permissions.RULES)
def rules(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The rules in force, and setting new ones from a time on."""
    code, error, wrong = own_hospital(actor), "", {}
    if request.method == "POST":
        try:
            wanted = queue_rules.read(request.POST.dict())
            services.set_rules(actor=actor, hospital=code, rules=wanted, effective_from=_begins(request))
            messages.success(request, _("候诊规则已保存。"), extra_tags="ok")
            return HttpResponseRedirect("/workspace/queue-rules")
        except HubError as refusal:
            error, wrong = refusal.text, refusal.fields
    with hospital(code, read_only=True):
        now = selectors.current_rules(clock.now())
        history = selectors.rule_history()
    context = {**_form(request, now, wrong), "error": error, "history": history, "rules": now}
    answer = desk(request, actor, "queue_rules", "queues", context)
    answer.status_code = 422 if error else 200
    return answer


def _begins(request: HttpRequest) -> datetime:
    try:
        return datetime.fromisoformat(request.POST.get("effective_from", "")).replace(tzinfo=clock.ZONE)
    except ValueError:
        return clock.now()


def _form(request: HttpRequest, now: Rules, wrong: dict[str, str]) -> dict[str, object]:
    """The fields as they stand, or as they were sent."""
    sent = request.POST if request.method == "POST" else None

    def value(name: str, standing: object) -> object:
        return sent.get(name, "") if sent is not None else standing

    numbers = [(one, value(one.name, getattr(now, one.name)), wrong.get(one.name, "")) for one in SETTINGS]
    choices = [(name, text, name in sent if sent is not None else getattr(now, name)) for name, text in CHOICES]
    advance = [
        (f"advance_{kind}", kind.text, value(f"advance_{kind}", minutes), wrong.get(f"advance_{kind}", ""))
        for kind, minutes in now.advance.items()
    ]
    latitude, longitude = now.centre or ("", "")
    return {
        "numbers": numbers,
        "choices": choices,
        "advance": advance,
        "latitude": value("latitude", latitude),
        "longitude": value("longitude", longitude),
        "centre_wrong": wrong.get("latitude", ""),
    }


@require_GET
@desk_page(permissions.DEVICES)
def devices(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Screens and kiosks with their links, and the code of every clinic to print and put up."""
    code = own_hospital(actor)
    with hospital(code, read_only=True):
        rows = selectors.devices()
        departments = [row for row in directory.departments() if row.is_active]
    names = {row.id: row.name for row in departments}
    context = {
        "rows": [(row, device_link(code, row.id), [names.get(one, "") for one in row.departments]) for row in rows],
        "kinds": DeviceKind.choices,
        "departments": departments,
        "origin": settings.PUBLIC_ORIGIN,
    }
    return desk(request, actor, "queue_devices", "queues", context)


@require_POST
@desk_page(permissions.DEVICES)
def device_act(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Add or withdraw a device."""
    code = own_hospital(actor)
    try:
        if gone := id_of(request.POST.get("withdraw", "")):
            services.withdraw_device(actor=actor, hospital=code, device_id=gone)
            messages.success(request, _("链接已作废。"), extra_tags="ok")
        else:
            kind = DeviceKind.KIOSK if request.POST.get("kind") == DeviceKind.KIOSK else DeviceKind.SCREEN
            services.add_device(
                actor=actor,
                hospital=code,
                kind=kind,
                name=request.POST.get("name", ""),
                departments=[one for one in map(id_of, request.POST.getlist("departments")) if one],
                sound="sound" in request.POST,
            )
            messages.success(request, _("设备已添加，请在该设备上打开它的链接。"), extra_tags="ok")
    except HubError as refusal:
        messages.error(request, " ".join([refusal.text, *refusal.fields.values()]), extra_tags="bad")
    return HttpResponseRedirect("/workspace/queue-devices")


@require_GET
@desk_page(permissions.DEVICES)
def door(request: HttpRequest, actor: Actor, department_id: UUID) -> HttpResponse:
    """A clinic's code on a sheet to print."""
    code = own_hospital(actor)
    with hospital(code, read_only=True):
        department = directory.department(department_id)
    if department is None:
        return HttpResponse(status=404)
    link = f"{settings.PUBLIC_ORIGIN}/here/{arriving.door_code(code, department_id)}"
    context = {"department": department, "qr": segno.make(link, error="m").svg_data_uri(scale=8, border=2)}
    return desk(request, actor, "queue_door", "queues", context)

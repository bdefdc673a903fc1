"""候诊屏与签到机: what works in a hall by a link of its own, and those links."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError
from hub.tenancy.scope import hospital
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital.parts import id_of
from portal.screens.links import device_link
from tenants.directory import selectors as directory
from tenants.queueing import permissions, selectors, services
from tenants.queueing.models import DeviceKind
from tenants.queueing.rules import Way


@require_GET
@desk_page(permissions.DEVICES, whole=True)
def devices(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Screens and machines with their links; whether the rules let anybody check in at a machine."""
    code = own_hospital(actor)
    with hospital(code, read_only=True):
        rows = selectors.devices()
        rules = selectors.current_rules(clock.now())
        departments = [row for row in directory.departments() if row.is_active]
    names = {row.id: row.name for row in departments}
    context = {
        "rows": [
            (row, device_link(code, row.id, row.kind), [names.get(one, "") for one in row.departments]) for row in rows
        ],
        "departments": departments,
        "kinds": [(kind.value, kind.label) for kind in DeviceKind],
        "machines": DeviceKind.KIOSK,
        "unused": Way.KIOSK not in rules.ways and any(row.kind is DeviceKind.KIOSK for row in rows),
    }
    return desk(request, actor, "queue_devices", "queues", context)


@require_POST
@desk_page(permissions.DEVICES, whole=True)
def device_act(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Add or withdraw a device."""
    code = own_hospital(actor)
    try:
        if gone := id_of(request.POST.get("withdraw", "")):
            services.withdraw_device(actor=actor, hospital=code, device_id=gone)
            messages.success(request, _("链接已作废。"), extra_tags="ok")
        else:
            services.add_device(
                actor=actor,
                hospital=code,
                name=request.POST.get("name", ""),
                departments=[one for one in map(id_of, request.POST.getlist("departments")) if one],
                sound="sound" in request.POST,
                kind=DeviceKind.KIOSK if request.POST.get("kind") == DeviceKind.KIOSK else DeviceKind.HALL,
            )
            messages.success(request, _("设备已添加，请在该设备上打开它的链接。"), extra_tags="ok")
    except HubError as refusal:
        messages.error(request, " ".join([refusal.text, *refusal.fields.values()]), extra_tags="bad")
    return HttpResponseRedirect("/workspace/queue-devices")

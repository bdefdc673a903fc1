"""放号规则: how early, at what hour, and which share of a session's numbers is whose."""

from __future__ import annotations

from datetime import date, time
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hub import clock
from hub.actor import Actor
from hub.errors import HubError, InvalidInput
from hub.tenancy.scope import hospital
from portal.desk.pages import desk, desk_page, own_hospital, refusal_of
from portal.hospital.parts import id_of
from portal.hospital.schedule import TABS
from tenants.directory import selectors as directory
from tenants.scheduling import permissions, releasing, services
from tenants.scheduling.authority import authority
from tenants.scheduling.services import RuleWish

PAGE = "/workspace/releases"


@require_http_methods(["GET", "POST"])
@desk_page(permissions.VIEW)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The rules in force and those that were, and the form for a new one."""
    code, error = own_hospital(actor), ""
    if request.method == "POST":
        if not actor.may(permissions.SET_RELEASE):
            raise refusal_of(permissions.SET_RELEASE)
        try:
            changed = services.set_release_rule(actor=actor, hospital=code, wish=_wish(request))
            messages.success(request, _("已生效，%(n)s 个排班按新规则放号。") % {"n": changed}, extra_tags="ok")
            return HttpResponseRedirect(PAGE)
        except HubError as refusal:
            error = refusal.text
    with hospital(code, read_only=True):
        departments = [row for row in directory.departments() if actor.sees(row.id)]
        rows = releasing.rules(ended=True)
    names = {row.id: row.name for row in departments}
    context = {
        "tabs": TABS,
        "tab": "releases",
        "rows": [
            (row, names[row.department_id] if row.department_id else _("全院"))
            for row in reversed(rows)
            if row.department_id is None or row.department_id in names
        ],
        "departments": [row for row in departments if row.is_active],
        "authority": authority(code),
        "may_set": actor.may(permissions.SET_RELEASE),
        "today": clock.today(),
        "typed": request.POST,
        "error": error,
    }
    answer = desk(request, actor, "releases", "schedule", context)
    answer.status_code = 422 if error else 200
    return answer


def _wish(request: HttpRequest) -> RuleWish:
    typed = request.POST
    try:
        return RuleWish(
            department_id=id_of(typed.get("department", "")),
            valid_from=date.fromisoformat(typed.get("valid_from", "")),
            days_ahead=int(typed.get("days_ahead", "")),
            hour=time.fromisoformat(typed.get("hour", "")),
            window_share=int(typed.get("window_share") or 0),
            family_share=int(typed.get("family_share") or 0),
            merge_hours=int(typed.get("merge_hours") or 24),
        )
    except ValueError:
        raise InvalidInput(_("请填写生效日期、提前天数和放号时刻。")) from None


@require_POST
@desk_page(permissions.SET_RELEASE)
def end(request: HttpRequest, actor: Actor, rule_id: UUID) -> HttpResponse:
    """Take a rule back."""
    try:
        changed = services.end_release_rule(actor=actor, hospital=own_hospital(actor), rule_id=rule_id)
        messages.success(request, _("已撤销，%(n)s 个排班随之改变。") % {"n": changed}, extra_tags="ok")
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
    return HttpResponseRedirect(PAGE)

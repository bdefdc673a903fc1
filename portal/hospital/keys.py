"""密钥与凭据: what of keys and secrets is this hospital's own, and its merchant account."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from hub.actor import Actor
from hub.errors import HubError
from hub.keys import secrets
from hub.keys.permissions import REPLACE_SECRETS, VIEW_KEYS
from hub.security.keyring import DATA, ring
from portal.desk import merchants as shared
from portal.desk.pages import desk, desk_page, own_hospital
from regional_services.payments.permissions import CONFIRM_MERCHANT, PROPOSE_MERCHANT

HERE = "/workspace/keys"
MERCHANT = "/workspace/merchant"


@require_GET
@desk_page(VIEW_KEYS)
def page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The versions of its data key, the state of its secrets, the way to its merchant account."""
    code = own_hospital(actor)
    context = {
        "keys": ring().keys(code, DATA),
        "secrets": secrets.secrets(actor=actor),
        "may_replace": actor.may(REPLACE_SECRETS),
        "replace_at": f"{HERE}/secret",
        "retire_at": f"{HERE}/retire",
        **shared.context_of(actor, code, MERCHANT),
    }
    return desk(request, actor, "keys_own", "keys", context)


@require_POST
@desk_page(REPLACE_SECRETS, step_up=True)
def replace_secret(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A newly agreed secret in place of the old one."""
    reference, value = request.POST.get("reference", ""), request.POST.get("value", "").strip()
    try:
        secrets.replace_secret(actor=actor, reference=reference, value=value)
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    else:
        messages.success(request, gettext("新凭据已生效，各进程两秒内使用。"), extra_tags="ok")
    return HttpResponseRedirect(HERE)


@require_POST
@desk_page(REPLACE_SECRETS, step_up=True)
def retire_secret(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A secret that others know is forgotten at once."""
    reference, reason = request.POST.get("reference", ""), request.POST.get("reason", "")
    try:
        secrets.retire_secret(actor=actor, reference=reference, reason=reason)
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    else:
        messages.success(request, gettext("已停用，与平台的往来停止，直到设定新凭据。"), extra_tags="ok")
    return HttpResponseRedirect(HERE)


@require_GET
@desk_page(VIEW_KEYS)
def merchant(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The hospital's account at the payment channel."""
    return desk(request, actor, "merchant", "keys", shared.context_of(actor, own_hospital(actor), MERCHANT))


@require_POST
@desk_page(PROPOSE_MERCHANT, step_up=True)
def propose_merchant(request: HttpRequest, actor: Actor) -> HttpResponse:
    """New credentials."""
    return shared.propose(request, actor, own_hospital(actor), MERCHANT, "keys")


@require_POST
@desk_page(CONFIRM_MERCHANT, step_up=True)
def decide_merchant(request: HttpRequest, actor: Actor, proposal_id: UUID) -> HttpResponse:
    """Confirm or refuse them."""
    return shared.decide(request, actor, own_hospital(actor), proposal_id, MERCHANT)


@require_POST
@desk_page(PROPOSE_MERCHANT, step_up=True)
def retire_merchant(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Stop collecting with them."""
    return shared.retire(request, actor, own_hospital(actor), MERCHANT)

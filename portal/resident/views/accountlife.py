"""My account: made one with an earlier one of mine, or closed for good."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub.accounts import handles, platforms, sessions
from hub.accounts.models import CodePurpose
from hub.accounts.platforms import Platform
from hub.accounts.services import residents
from hub.actor import Actor
from hub.errors import HubError
from portal.resident.pages import page, resident_page
from regional_services.accountlife import closing, merging, selectors
from regional_services.accountlife.errors import MergeNotFound
from regional_services.identity.access import account

HERE = "/me/accounts"


@require_http_methods(["GET", "POST"])
@resident_page
def accounts(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What opens this account; prove another one of mine by its phone."""
    phone = request.POST.get("phone", "").strip()
    context: dict[str, object] = {
        "mine": handles.handles_of(account(actor)),
        "others": selectors.other_accounts(actor),
        "merges": selectors.own_merges(actor),
        "platforms": [(one.slug, one.kind.label) for one in platforms.open_platforms()],
        "phone": phone,
        "back": "/me",
    }
    if request.method == "GET":
        return page(request, "accounts", "me", context)
    binding = sessions.binding_of(request)
    try:
        if request.POST.get("act") == "code":
            residents.request_phone_code(actor=actor, phone=phone, purpose=CodePurpose.MERGE, binding=binding)
            return page(request, "accounts", "me", {**context, "sent": True})
        code = request.POST.get("code", "").strip()
        merge_id = merging.propose_by_phone(actor=actor, phone=phone, code=code, binding=binding)
    except HubError as problem:
        context |= {"errors": problem.fields, "error": "" if problem.fields else problem.text, "sent": True}
        return page(request, "accounts", "me", context, status=problem.status)
    return HttpResponseRedirect(f"{HERE}/{merge_id}")


def propose_by_platform(request: HttpRequest, actor: Actor, platform: Platform, ask_id: UUID) -> str:
    """The platform's user just authorised opens another account: where to go on."""
    binding = sessions.binding_of(request)
    try:
        merge_id = merging.propose_by_platform(actor=actor, platform=platform, ask_id=ask_id, binding=binding)
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
        return HERE
    return f"{HERE}/{merge_id}"


@require_GET
@resident_page
def merge(request: HttpRequest, actor: Actor, merge_id: UUID) -> HttpResponse:
    """What would come over, what would stay; or what became of it."""
    return page(request, "account_merge", "me", {"merge": selectors.own(actor, merge_id), "back": HERE})


@require_POST
@resident_page
def confirm(request: HttpRequest, actor: Actor, merge_id: UUID) -> HttpResponse:
    """Make one of two."""
    merging.confirm(actor=actor, merge_id=merge_id)
    messages.success(request, _("两个账号已合并。"), extra_tags="ok")
    return HttpResponseRedirect(f"{HERE}/{merge_id}")


@require_POST
@resident_page
def undo(request: HttpRequest, actor: Actor, merge_id: UUID) -> HttpResponse:
    """Two again."""
    try:
        merging.undo(actor=actor, merge_id=merge_id)
        messages.success(request, _("已撤销合并，两个账号恢复原样。"), extra_tags="ok")
    except MergeNotFound:
        raise
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect(f"{HERE}/{merge_id}")


@require_http_methods(["GET", "POST"])
@resident_page
def close(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Close the account: what is open, what goes, what is kept; asked for with fresh proof."""
    context: dict[str, object] = {
        "closing": closing.closing_of(account(actor)),
        "matters": closing.open_matters(account(actor)),
        "has_phone": residents.phone_of(account(actor)) is not None,
        "fresh": not sessions.is_proof_due(request),
        "days": closing.waiting_days(),
        "years": closing.kept_years(),
        "back": "/me",
    }
    if request.method == "GET":
        return page(request, "close", "me", context)
    binding = sessions.binding_of(request)
    try:
        if request.POST.get("act") == "code":
            closing.request_code(actor=actor, binding=binding)
            return page(request, "close", "me", {**context, "sent": True})
        code = request.POST.get("code", "").strip()
        closing.ask(actor=actor, binding=binding, code=code, fresh=bool(context["fresh"]))
    except HubError as problem:
        return page(request, "close", "me", {**context, "error": problem.text, "sent": True}, status=problem.status)
    return HttpResponseRedirect("/me/close")


@require_POST
@resident_page
def keep(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Keep it after all."""
    if closing.withdraw(actor=actor):
        messages.success(request, _("已撤回，账号照常使用。"), extra_tags="ok")
    else:  # pressed twice, or on another device before
        messages.info(request, _("没有等待中的注销申请，账号照常使用。"))
    return HttpResponseRedirect("/me/close")

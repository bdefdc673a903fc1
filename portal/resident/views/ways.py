"""Signing in through WeChat, Alipay and the city app, and which of them open this account."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from hub.accounts import handles, platforms, sessions
from hub.accounts.access import own_account
from hub.accounts.errors import HandleTaken
from hub.accounts.models import HandleKind
from hub.accounts.services import platforms as ways
from hub.actor import Actor
from hub.errors import HubError, NotFound
from portal.resident.pages import WAY_NEXT, WAYS, next_of, page, resident_of, resident_page
from portal.resident.views import phone
from portal.resident.views.accountlife import propose_by_platform


@require_GET
def start(request: HttpRequest, platform: str) -> HttpResponse:
    """To the platform's page; a signed-in resident binds it to his account, anybody else signs in with it."""
    actor = resident_of(request) or sessions.anonymous(request)
    started = ways.start(actor=actor, platform=platforms.named(platform), binding=sessions.binding_of(request))
    request.session[WAY_NEXT] = next_of(request)
    return HttpResponseRedirect(started.authorize_url)


@require_GET
def back(request: HttpRequest, platform: str) -> HttpResponse:
    """The browser is back with a code; the trade runs elsewhere, the next page waits for it."""
    chosen = platforms.named(platform)
    ask_id = ways.receive_code(
        actor=resident_of(request) or sessions.anonymous(request),
        platform=chosen,
        state=request.GET.get("state", ""),
        code=request.GET.get(chosen.code_parameter, ""),
        binding=sessions.binding_of(request),
    )
    return HttpResponseRedirect(f"/signin/{platform}/{ask_id}")


@require_GET
def wait(request: HttpRequest, platform: str, ask_id: UUID) -> HttpResponse:
    """Wait for the platform's answer, then sign in or bind, and go on to where the resident wanted to go."""
    chosen, binding = platforms.named(platform), sessions.binding_of(request)
    progress = ways.progress(platform=chosen, ask_id=ask_id, binding=binding)
    words = {"platform": chosen.kind.label}
    if progress.status == "pending":
        if _polled(request):
            return HttpResponse(status=204)
        context = {
            "heading": _("%(platform)s登录") % words,
            "text": _("正在等待%(platform)s确认…") % words,
            "poll": request.path,
        }
        return page(request, "waiting", "me", context)
    following, actor = request.session.get(WAY_NEXT, "/"), resident_of(request)
    if progress.status == "refused":
        return _refused(request, actor, following, _("%(platform)s没有确认，请重试或换一种方式。") % words)
    if actor is not None and phone.asked(request) == ask_id:
        return _go(request, phone.proven_by_platform(request, actor, chosen, ask_id))
    if actor is not None:
        try:
            ways.bind(actor=actor, platform=chosen, ask_id=ask_id, binding=binding)
        except HandleTaken:
            following = propose_by_platform(request, actor, chosen, ask_id)
        return _go(request, following)
    client = sessions.client_of(request)
    signed_in = ways.sign_in(actor=sessions.anonymous(request), platform=chosen, ask_id=ask_id, client=client)
    sessions.open_session(request, signed_in)
    answer = _go(request, following)
    sessions.remember_device(request, answer, client.device)
    return answer


def _refused(request: HttpRequest, actor: Actor | None, following: str, text: str) -> HttpResponse:
    """Whoever is signed in already goes back to where he bound it from; others to the sign-in page."""
    if actor is not None:
        messages.error(request, text, extra_tags="bad")
        return _go(request, following)
    if _polled(request):
        return _go(request, f"/signin?next={quote(following)}")
    return page(request, "signin", "me", {**ways_in(), "next": following, "error": text}, status=400)


def ways_in() -> dict[str, object]:
    """What a sign-in page offers beside the phone."""
    return {"platforms": [(one.slug, one.kind.label) for one in platforms.open_platforms()]}


def _polled(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _go(request: HttpRequest, where: str) -> HttpResponse:
    """Send the browser on, whether it asked by htmx or by itself."""
    if _polled(request):
        return HttpResponse(status=200, headers={"HX-Redirect": where})
    return HttpResponseRedirect(where)


@require_GET
@resident_page
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What opens this account, and what could be bound besides."""
    rows = handles.handles_of(own_account(actor))
    bound = {row.kind for row in rows}
    context = {
        "rows": rows,
        "may_unbind": len(rows) > 1,
        "others": [(one.slug, one.kind.label) for one in platforms.open_platforms() if one.kind not in bound],
        "has_phone": HandleKind.PHONE in bound,
        "phone_kind": HandleKind.PHONE,
        "back": "/me",
    }
    return page(request, "ways", "me", context)


@require_http_methods(["GET", "POST"])
@resident_page
def unbind(request: HttpRequest, actor: Actor, handle_id: UUID) -> HttpResponse:
    """Say what unbinding means before it is done."""
    row = next((one for one in handles.handles_of(own_account(actor)) if one.id == handle_id), None)
    if row is None:
        raise NotFound
    if request.method == "GET":
        context = {"row": row, "is_phone": row.kind is HandleKind.PHONE, "back": WAYS}
        return page(request, "way_unbind", "me", context)
    held = sessions.current(request)
    try:
        ways.unbind(actor=actor, handle_id=handle_id, sign_in_id=held.sign_in_id if held else None)
        messages.success(request, _("已解绑。用它登录的其他设备会退出。"), extra_tags="ok")
    except HubError as refusal:
        messages.error(request, refusal.text, extra_tags="bad")
    return HttpResponseRedirect(WAYS)

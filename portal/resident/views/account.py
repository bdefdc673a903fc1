"""Signing in and out, elder mode, the page 我的."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub.accounts import selectors, sessions
from hub.accounts.access import own_account
from hub.accounts.errors import WechatTaken
from hub.accounts.models import CodePurpose
from hub.accounts.services import residents, sign_ins, wechat
from hub.actor import Actor
from hub.errors import HubError
from hub.words import COOKIE as LANGUAGE_COOKIE
from portal.components.context import ELDER_COOKIE
from portal.resident.pages import chosen_person, next_of, page, people_of, resident_of, resident_page
from portal.resident.views.accountlife import propose_by_wechat

WECHAT_NEXT = "wechat_next"
YEAR = 365 * 24 * 3600


def _refusal(request: HttpRequest, template: str, context: dict[str, object], problem: HubError) -> HttpResponse:
    context |= {"errors": problem.fields, "error": "" if problem.fields else problem.text}
    return page(request, template, "me", context, status=problem.status)


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for a phone, send it a code."""
    phone = request.POST.get("phone", "").strip()
    context: dict[str, object] = {"next": next_of(request), "phone": phone}
    if request.method == "GET":
        return page(request, "signin", "me", context)
    try:
        residents.request_phone_code(
            actor=sessions.anonymous(request),
            phone=phone,
            purpose=CodePurpose.SIGN_IN,
            binding=sessions.binding_of(request),
        )
    except HubError as problem:
        return _refusal(request, "signin", context, problem)
    return page(request, "signin", "me", {**context, "sent": True})


@require_POST
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Check the code and open the session."""
    phone, following = request.POST.get("phone", ""), next_of(request)
    client = sessions.client_of(request)
    try:
        signed_in = residents.sign_in_with_code(
            actor=sessions.anonymous(request), phone=phone, code=request.POST.get("code", "").strip(), client=client
        )
    except HubError as problem:
        return _refusal(request, "signin", {"next": following, "phone": phone, "sent": True}, problem)
    sessions.open_session(request, signed_in)
    answer = HttpResponseRedirect(following)
    sessions.remember_device(request, answer, client.device)
    return answer


@require_GET
def wechat_start(request: HttpRequest) -> HttpResponse:
    """To WeChat's authorisation page; a signed-in resident binds his WeChat, anybody else signs in with it."""
    actor = resident_of(request) or sessions.anonymous(request)
    started = wechat.start_wechat(actor=actor, binding=sessions.binding_of(request), return_to="/signin/wechat/back")
    request.session[WECHAT_NEXT] = next_of(request)
    return HttpResponseRedirect(started.authorize_url)


@require_GET
def wechat_back(request: HttpRequest) -> HttpResponse:
    """The browser is back with a code; the exchange runs elsewhere, the next page waits for it."""
    ask_id = wechat.receive_wechat_code(
        actor=resident_of(request) or sessions.anonymous(request),
        state=request.GET.get("state", ""),
        code=request.GET.get("code", ""),
        binding=sessions.binding_of(request),
    )
    return HttpResponseRedirect(f"/signin/wechat/{ask_id}")


@require_GET
def wechat_wait(request: HttpRequest, ask_id: UUID) -> HttpResponse:
    """Wait for WeChat's answer, then sign in or bind, and go on to where the resident wanted to go."""
    binding = sessions.binding_of(request)
    progress = wechat.wechat_progress(ask_id=ask_id, binding=binding)
    if progress.status == "pending":
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204)
        context = {"heading": _("微信登录"), "text": _("正在等待微信确认…"), "poll": request.path}
        return page(request, "waiting", "me", context)
    following = request.session.get(WECHAT_NEXT, "/")
    if progress.status == "refused":
        context = {"next": following, "error": _("微信没有确认登录，请重试或改用手机号。")}
        return (
            _go(request, f"/signin?next={quote(following)}")
            if _polled(request)
            else page(request, "signin", "me", context, status=400)
        )
    actor = resident_of(request)
    if actor is not None:
        try:
            wechat.bind_wechat(actor=actor, ask_id=ask_id, binding=binding)
        except WechatTaken:
            following = propose_by_wechat(request, actor, ask_id)
        return _go(request, following)
    client = sessions.client_of(request)
    signed_in = wechat.sign_in_with_wechat(actor=sessions.anonymous(request), ask_id=ask_id, client=client)
    sessions.open_session(request, signed_in)
    answer = _go(request, following)
    sessions.remember_device(request, answer, client.device)
    return answer


def _polled(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _go(request: HttpRequest, where: str) -> HttpResponse:
    """Send the browser on, whether it asked by htmx or by itself."""
    if _polled(request):
        return HttpResponse(status=200, headers={"HX-Redirect": where})
    return HttpResponseRedirect(where)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this sign-in here and on the server."""
    held = sessions.current(request)
    actor = resident_of(request)
    if held is not None and actor is not None:
        sign_ins.end_sign_in(actor=actor, sign_in_id=held.sign_in_id)
    sessions.close_session(request)
    return sessions.cleared(HttpResponseRedirect("/"))


@require_POST
def elder(request: HttpRequest) -> HttpResponse:
    """Switch large type on or off, on this device."""
    on = request.COOKIES.get(ELDER_COOKIE) == "1"
    answer = HttpResponseRedirect(next_of(request, request.headers.get("Referer", "/")))
    answer.set_cookie(ELDER_COOKIE, "0" if on else "1", max_age=YEAR, samesite="Lax", httponly=True)
    return answer


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Read the pages in another language, on this device; open to everybody, on every host."""
    answer = HttpResponseRedirect(next_of(request, request.headers.get("Referer", "/")))
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=YEAR, samesite="Lax", httponly=True)
    return answer


@require_GET
@resident_page
def me(request: HttpRequest, actor: Actor) -> HttpResponse:
    """我的."""
    return page(request, "me", "me", {"person": chosen_person(request, people_of(actor))})


@require_GET
@resident_page
def devices(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Where this account is signed in now."""
    held = sessions.current(request)
    rows = selectors.living_sign_ins(own_account(actor))
    return page(request, "devices", "me", {"rows": rows, "here": held.sign_in_id if held else None, "back": "/me"})


@require_POST
@resident_page
def end_device(_request: HttpRequest, actor: Actor, sign_in_id: UUID) -> HttpResponse:
    """Sign out one of one's own devices, at once."""
    sign_ins.end_sign_in(actor=actor, sign_in_id=sign_in_id, reason="ended_by_owner")
    return HttpResponseRedirect("/me/devices")

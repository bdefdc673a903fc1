"""Signing in and out, elder mode, the page 我的."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub.accounts import selectors, sessions
from hub.accounts.access import own_account
from hub.accounts.models import CodePurpose
from hub.accounts.services import residents, sign_ins
from hub.actor import Actor
from hub.errors import HubError
from hub.words import COOKIE as LANGUAGE_COOKIE
from portal.components.context import ELDER_COOKIE
from portal.resident.pages import chosen_person, next_of, page, people_of, resident_of, resident_page
from portal.resident.views.ways import ways_in

YEAR = 365 * 24 * 3600


def _refusal(request: HttpRequest, template: str, context: dict[str, object], problem: HubError) -> HttpResponse:
    context |= {**ways_in(), "errors": problem.fields, "error": "" if problem.fields else problem.text}
    return page(request, template, "me", context, status=problem.status)


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for a phone, send it a code."""
    phone = request.POST.get("phone", "").strip()
    context: dict[str, object] = {**ways_in(), "next": next_of(request), "phone": phone}
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

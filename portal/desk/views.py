"""Staff sign in: password, then the second factor; one set of pages for hospitals and district."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub.accounts import passwords, selectors, services, sessions
from hub.accounts.access import own_account
from hub.actor import Actor
from hub.errors import HubError
from hub.staff_platform import services as platform
from portal.desk.pages import desk, desk_page, staff_of
from portal.resident.pages import next_of
from tenants.registry import selectors as registry

_PASSWORD = "/desk/password"  # noqa: S105
_PLATFORM_NEXT = "platform_next"
_HOME = {True: "/workspace/", False: "/district/"}


def _page(request: HttpRequest, template: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    hospital = getattr(request, "hospital", None)
    place = registry.institution(hospital).name if hospital else _("云栖区 · 平台管理")
    return render(request, f"portal/desk/{template}.html", {"place": place, **context}, status=status)


def _following(request: HttpRequest) -> str:
    return next_of(request, _HOME[bool(getattr(request, "hospital", None))])


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name and password."""
    context: dict[str, object] = {"next": _following(request), "login_name": request.POST.get("login_name", "")}
    if request.method == "GET":
        return _page(request, "signin", context)
    try:
        accepted = services.sign_in_staff(
            actor=sessions.anonymous(request),
            login_name=request.POST.get("login_name", ""),
            password=request.POST.get("password", ""),
            hospital=getattr(request, "hospital", None) or "",
        )
    except HubError as problem:
        return _page(request, "signin", {**context, "error": problem.text}, problem.status)
    sessions.hold_password_step(request, accepted)
    step = "enrol" if accepted.needs_enrolment else "totp"
    return HttpResponseRedirect(f"/desk/signin/{step}?next={context['next']}")


@require_GET
def platform_start(request: HttpRequest) -> HttpResponse:
    """To the support platform's own sign-in page."""
    request.session[_PLATFORM_NEXT] = _following(request)
    try:
        address = platform.start(
            actor=sessions.anonymous(request),
            binding=sessions.binding_of(request),
            hospital=getattr(request, "hospital", None) or "",
            redirect_uri=request.build_absolute_uri("/desk/signin/platform/back"),
        )
    except HubError as problem:
        return _page(request, "signin", {"next": _following(request), "error": problem.text}, problem.status)
    return HttpResponseRedirect(address)


@require_GET
def platform_back(request: HttpRequest) -> HttpResponse:
    """Back with a code; the relay trades it, the next page waits for it."""
    try:
        ask_id = platform.receive_code(
            actor=sessions.anonymous(request),
            state=request.GET.get("state", ""),
            code=request.GET.get("code", ""),
            binding=sessions.binding_of(request),
        )
    except HubError as problem:
        return _page(request, "signin", {"next": _following(request), "error": problem.text}, problem.status)
    return HttpResponseRedirect(f"/desk/signin/platform/{ask_id}")


@require_GET
def platform_wait(request: HttpRequest, ask_id: UUID) -> HttpResponse:
    """Wait for the platform's word, then go on to the second factor."""
    following = request.session.get(_PLATFORM_NEXT, _following(request))
    try:
        accepted = platform.accept(
            actor=sessions.anonymous(request),
            ask_id=ask_id,
            binding=sessions.binding_of(request),
            hospital=getattr(request, "hospital", None) or "",
        )
    except platform.PlatformPending:
        return _page(request, "platform_wait", {})
    except HubError as problem:
        return _page(request, "signin", {"next": following, "error": problem.text}, problem.status)
    sessions.hold_password_step(request, accepted)
    step = "enrol" if accepted.needs_enrolment else "totp"
    return HttpResponseRedirect(f"/desk/signin/{step}?next={quote(following)}")


@require_http_methods(["GET", "POST"])
def totp(request: HttpRequest) -> HttpResponse:
    """The six digits of the second factor, or a recovery code."""
    context: dict[str, object] = {"next": _following(request)}
    try:
        accepted = sessions.password_step(request)
    except HubError:
        return HttpResponseRedirect("/desk/signin")
    if request.method == "GET":
        return _page(request, "totp", context)
    client = sessions.client_of(request)
    try:
        signed_in = services.verify_totp(
            actor=sessions.anonymous(request),
            accepted=accepted,
            code=request.POST.get("code", "").strip(),
            client=client,
        )
    except HubError as problem:
        return _page(request, "totp", {**context, "error": problem.text}, problem.status)
    sessions.open_session(request, signed_in)
    answer = HttpResponseRedirect(_PASSWORD if signed_in.must_change_password else str(context["next"]))
    sessions.remember_device(request, answer, client.device)
    return answer


@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Scan a secret once, prove that the app shows the right code, keep the recovery codes."""
    context: dict[str, object] = {"next": _following(request)}
    actor = sessions.anonymous(request)
    try:
        accepted = sessions.password_step(request)
        if request.method == "GET":
            enrolment = services.begin_totp(actor=actor, accepted=accepted)
            qr = segno.make(enrolment.uri, error="m").svg_data_uri(scale=5, border=2)
            return _page(request, "enrol", {**context, "qr": qr, "secret": enrolment.secret})
        codes = services.confirm_totp(actor=actor, accepted=accepted, code=request.POST.get("code", "").strip())
    except HubError as problem:
        return _page(request, "signin", {**context, "error": problem.text}, problem.status)
    return _page(request, "recovery", {**context, "codes": codes})


@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password; a due change comes before everything else. All sign-ins end with it, this one too."""
    actor = staff_of(request)
    if actor is None:
        return HttpResponseRedirect("/desk/signin")
    context: dict[str, object] = {"rule": passwords.rule_text()}
    if request.method == "GET":
        return _page(request, "password", context)
    try:
        services.change_password(actor=actor, old=request.POST.get("old", ""), new=request.POST.get("new", ""))
    except HubError as problem:
        reason = problem.fields.get("password", "")
        return _page(request, "password", {**context, "reason": reason, "error": "" if reason else problem.text}, 422)
    sessions.close_session(request)
    messages.success(request, _("口令已修改，请用新口令登录。"), extra_tags="ok")
    return HttpResponseRedirect("/desk/signin")


@require_http_methods(["GET", "POST"])
@desk_page("")
def confirm(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Proof before a high-risk act, good for five minutes; then back to where the act was chosen."""
    context: dict[str, object] = {"next": _following(request)}
    if request.method == "GET":
        return _page(request, "confirm", context)
    try:
        services.prove_again(actor=actor, proof=request.POST.get("proof", "").strip())
    except HubError as problem:
        return _page(request, "confirm", {**context, "error": problem.text}, problem.status)
    sessions.note_proof(request)
    messages.success(request, _("身份已确认，5 分钟内可以继续操作。"), extra_tags="ok")
    return HttpResponseRedirect(str(context["next"]))


@require_GET
@desk_page("")
def own_sessions(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Where one is signed in now."""
    held = sessions.current(request)
    context = {"rows": selectors.living_sign_ins(own_account(actor)), "here": held.sign_in_id if held else None}
    return desk(request, actor, "sessions", "sessions", context)


@require_POST
@desk_page("")
def end_session(request: HttpRequest, actor: Actor, sign_in_id: UUID) -> HttpResponse:
    """End one of one's own sign-ins, at once."""
    services.end_sign_in(actor=actor, sign_in_id=sign_in_id, reason="ended_by_owner")
    messages.success(request, _("已退出那台设备。"), extra_tags="ok")
    return HttpResponseRedirect("/desk/sessions")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this sign-in here and on the server."""
    held, actor = sessions.current(request), staff_of(request)
    if held is not None and actor is not None:
        services.end_sign_in(actor=actor, sign_in_id=held.sign_in_id)
    sessions.close_session(request)
    return sessions.cleared(HttpResponseRedirect("/desk/signin"))

"""Links from other official accounts and apps: led in once, through the steps that are missing, and back (JA-ENTRY)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hub.accounts import sessions
from hub.actor import Actor
from hub.errors import HubError
from portal.resident.pages import choose_person, page, resident_of, resident_page
from regional_services.entries import arriving, following, selectors, services
from regional_services.entries.errors import EntryRefused, VisitNotFound
from regional_services.entries.models import FollowState
from regional_services.entries.selectors import Progress, Step
from regional_services.identity.access import account

COOKIE = "hub_entry"
SESSION_KEY = "entry"
LASTS = timedelta(hours=12)
TITLES = {
    Step.SIGN_IN: gettext_lazy("登录"),
    Step.WECHAT: gettext_lazy("绑定微信"),
    Step.FOLLOW: gettext_lazy("关注公众号"),
    Step.REAL_NAME: gettext_lazy("本人实名"),
    Step.PERSON: gettext_lazy("选择就诊人"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list of steps."""

    title: str
    is_done: bool
    is_now: bool


@require_GET
def arrive(request: HttpRequest) -> HttpResponse:
    """A signed link: in, or a page that says why not."""
    token = request.COOKIES.get(COOKIE) or secrets.token_urlsafe(24)
    try:
        visit_id = arriving.arrive(
            actor=resident_of(request) or sessions.anonymous(request), parameters=request.GET.dict(), token=token
        )
    except EntryRefused as refusal:
        return page(request, "entry_refused", "home", {"text": refusal.text, "code": refusal.code}, status=403)
    answer = HttpResponseRedirect(f"/entry/{visit_id}")
    answer.set_cookie(
        COOKIE, token, max_age=LASTS, httponly=True, samesite="Lax", secure=settings.SECURE_COOKIES, path="/entry"
    )
    return answer


@require_GET
def entry(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Where the visitor stands: one thing to do, or on to the service."""
    actor, token = resident_of(request), request.COOKIES.get(COOKIE, "")
    visit = selectors.visit_for(actor, visit_id, token)
    if actor is not None and visit.account_id is None:
        services.claim_visit(actor=actor, visit_id=visit_id, token=token)
        visit = selectors.visit_for(actor, visit_id, token)
    found = selectors.progress(visit)
    if actor is not None and found.step is Step.FOLLOW and found.follow is None:
        following.ask(actor=actor, account_id=account(actor))
        found = selectors.progress(visit)
    if found.step is Step.SERVICE and visit.person_id is not None:
        request.session[SESSION_KEY] = str(visit_id)
        choose_person(request, visit.person_id)
        if visit.booking_id is None:
            return HttpResponseRedirect(visit.target)
    return page(request, "entry", "home", _context(found))


def _context(found: Progress) -> dict[str, object]:
    here = f"/entry/{found.visit.id}"
    steps = list(Step)
    follow_url = settings.HUB_WECHAT_FOLLOW_URL
    on_follow = found.step is Step.FOLLOW
    return {
        "visit": found.visit,
        "step": found.step.value,
        "lines": [
            Line(str(title), steps.index(step) < steps.index(found.step), step is found.step)
            for step, title in TITLES.items()
        ],
        "asking": on_follow and found.follow in (None, FollowState.ASKED),
        "unknown": found.follow is FollowState.UNKNOWN,
        "follow_url": follow_url,
        "qr": segno.make(follow_url, error="m").svg_data_uri(scale=5, border=2) if on_follow else "",
        "people": [(member, found.fits(member)) for member in found.people],
        "rule": found.rule,
        "here": here,
        "next": quote(here),
    }


@require_POST
@resident_page
def check_follow(_request: HttpRequest, actor: Actor, visit_id: UUID) -> HttpResponse:
    """I follow now: ask WeChat again."""
    selectors.visit_for(actor, visit_id, "")
    following.ask(actor=actor, account_id=account(actor))
    return HttpResponseRedirect(f"/entry/{visit_id}")


@require_POST
@resident_page
def choose(request: HttpRequest, actor: Actor, visit_id: UUID) -> HttpResponse:
    """For whom."""
    try:
        person_id = UUID(request.POST.get("person_id", ""))
    except ValueError:
        messages.error(request, _("请先选择就诊人。"), extra_tags="bad")
        return HttpResponseRedirect(f"/entry/{visit_id}")
    try:
        services.choose_person(actor=actor, visit_id=visit_id, person_id=person_id)
    except VisitNotFound:
        raise
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect(f"/entry/{visit_id}")


@require_GET
@resident_page
def back(request: HttpRequest, actor: Actor, visit_id: UUID) -> HttpResponse:
    """To the caller, with the signed result."""
    address = services.way_back(actor=actor, visit_id=visit_id)
    request.session.pop(SESSION_KEY, None)
    return HttpResponseRedirect(address)


def note_booking(request: HttpRequest, actor: Actor, booking_id: UUID) -> None:
    """A booking was made in this session: if a visit led here and it is of that visit, the visit keeps it."""
    held = request.session.get(SESSION_KEY)
    if not held:
        return
    try:
        services.attach_booking(actor=actor, visit_id=UUID(held), booking_id=booking_id)
    except VisitNotFound:
        request.session.pop(SESSION_KEY, None)

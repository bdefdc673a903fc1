"""Feedback of the resident: write with photographs, see what became of it, add, rate."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub.actor import Actor
from hub.errors import HubError
from portal.commands import command_of
from portal.components.paging import number_of, read_leaf
from portal.components.pictures import picture
from portal.resident.pages import page, resident_page
from regional_services.booking import selectors as bookings
from regional_services.feedback import photos, selectors, services
from regional_services.feedback.models import Category
from regional_services.feedback.selectors import FeedbackView
from regional_services.feedback.services import Wish
from tenants.registry import selectors as registry

PAGE = 20
RECENT = 20  # bookings offered as what the feedback is about
DISTRICT = "区平台"


@require_GET
@resident_page
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Everything this resident wrote, newest first. Two queries."""
    rows = selectors.own_list(actor, after=(number_of(request) - 1) * PAGE, limit=PAGE)
    leaf = read_leaf(request, [(row, _place(row)) for row in rows], PAGE)
    return page(request, "feedback", "me", {"leaf": leaf, "back": "/me"})


def _place(row: FeedbackView) -> str:
    return registry.institution(row.institution_code).name if row.institution_code else DISTRICT


@require_http_methods(["GET", "POST"])
@resident_page
def new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Write; after sending it stands in the list with its receipt."""
    if request.method == "GET":
        return _form(request, actor, {"booking": request.GET.get("booking", "")})
    try:
        made = services.submit(actor=actor, wish=_wish(request), key=command_of(request, "feedback.submit").key)
    except HubError as problem:
        context = {"filled": request.POST.dict(), "problems": problem.fields, "status": problem.status}
        return _form(request, actor, request.POST.dict(), context | {"error": "" if problem.fields else problem.text})
    messages.success(request, _("已收到您的反馈，答复后会发消息告诉您。"), extra_tags="ok")
    return HttpResponseRedirect(f"/feedback/{made}")


def _form(
    request: HttpRequest, actor: Actor, filled: dict[str, Any], more: dict[str, Any] | None = None
) -> HttpResponse:
    recent = bookings.bookings_of_account(actor.id, limit=RECENT) if actor.id else []
    names = sorted((row.name, row.code) for row in registry.institutions())
    known = {code: name for name, code in names}
    context = {
        "filled": filled,
        "categories": Category.choices,
        "institutions": names,
        "bookings": [(row, known.get(row.institution_code, "")) for row in recent],
        "most": photos.MOST,
        "longest": services.LONGEST_TEXT,
        "back": "/feedback",
        **(more or {}),
    }
    return page(request, "feedback_new", "me", context, status=(more or {}).get("status", 200))


def _wish(request: HttpRequest) -> Wish:
    return Wish(
        text=request.POST.get("text", ""),
        category=request.POST.get("category", ""),
        institution_code=request.POST.get("institution", ""),
        booking_id=_id_of(request.POST.get("booking", "")),
        photos=_photos(request),
    )


def _id_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _photos(request: HttpRequest) -> list[UploadedFile]:
    return list(request.FILES.getlist("photos"))


@require_GET
@resident_page
def one(request: HttpRequest, actor: Actor, feedback_id: UUID) -> HttpResponse:
    """An item with its thread."""
    return _one(request, actor, feedback_id)


def _one(request: HttpRequest, actor: Actor, feedback_id: UUID, problem: HubError | None = None) -> HttpResponse:
    row = selectors.one(actor, feedback_id)
    context: dict[str, Any] = {
        "row": row,
        "place": _place(row),
        "most": photos.MOST,
        "longest": services.LONGEST_TEXT,
        "stars": ("1", "2", "3", "4", "5"),
        "problems": problem.fields if problem else {},
        "error": problem.text if problem and not problem.fields else "",
        "filled": request.POST.dict(),
        "back": "/feedback",
    }
    return page(request, "feedback_one", "me", context, status=problem.status if problem else 200)


@require_POST
@resident_page
def add(request: HttpRequest, actor: Actor, feedback_id: UUID) -> HttpResponse:
    """Add a question or remark, with photographs."""
    try:
        services.add(
            actor=actor,
            feedback_id=feedback_id,
            text=request.POST.get("text", ""),
            key=command_of(request, "feedback.add").key,
            uploads=_photos(request),
        )
    except HubError as problem:
        return _one(request, actor, feedback_id, problem)
    messages.success(request, _("已追加，管理人员会继续办理。"), extra_tags="ok")
    return HttpResponseRedirect(f"/feedback/{feedback_id}")


@require_POST
@resident_page
def rate(request: HttpRequest, actor: Actor, feedback_id: UUID) -> HttpResponse:
    """How it was handled, once."""
    try:
        services.rate(
            actor=actor,
            feedback_id=feedback_id,
            stars=request.POST.get("rating", ""),
            text=request.POST.get("text", ""),
        )
    except HubError as problem:
        return _one(request, actor, feedback_id, problem)
    messages.success(request, _("感谢您的评价。"), extra_tags="ok")
    return HttpResponseRedirect(f"/feedback/{feedback_id}")


@require_GET
@resident_page
def photo(request: HttpRequest, actor: Actor, photo_id: UUID) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """One of his own photographs."""
    return picture(services.open_photo(actor=actor, photo_id=photo_id))

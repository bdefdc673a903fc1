"""意见反馈 about one hospital, on its workspace."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from hub.actor import Actor
from portal.components.pictures import picture
from portal.desk import feedback
from portal.desk.pages import desk_page
from regional_services.feedback import services
from regional_services.feedback.permissions import EXPORT, HANDLE, VIEW

HERE = "/workspace/feedback"


@require_GET
@desk_page(VIEW)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list with its filters."""
    return feedback.listed(request, actor, HERE)


@require_GET
@desk_page(VIEW)
def statistics(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Figures, each leading to its list."""
    return feedback.statistics(request, actor, HERE)


@require_GET
@desk_page(VIEW)
def one(request: HttpRequest, actor: Actor, feedback_id: UUID) -> HttpResponse:
    """An item with its thread."""
    return feedback.one(request, actor, HERE, feedback_id)


@require_GET
@desk_page(VIEW)
def photo(request: HttpRequest, actor: Actor, photo_id: UUID) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """A photograph; each look is audited."""
    return picture(services.open_photo(actor=actor, photo_id=photo_id))


@require_POST
@desk_page(HANDLE)
def take(request: HttpRequest, actor: Actor, feedback_id: UUID) -> HttpResponse:
    """Begin work on it."""
    return feedback.take(request, actor, HERE, feedback_id)


@require_POST
@desk_page(HANDLE)
def reply(request: HttpRequest, actor: Actor, feedback_id: UUID) -> HttpResponse:
    """Answer it."""
    return feedback.reply(request, actor, HERE, feedback_id)


@require_GET
@desk_page(EXPORT, step_up=True)
def export(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list as a table file."""
    return feedback.export(request, actor)

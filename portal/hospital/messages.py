"""消息 of a hospital: how its own fared, and its own words where the kind allows it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub.actor import Actor
from portal.desk import deliveries, wordings
from portal.desk.pages import desk_page
from regional_services.notifications.permissions import VIEW, WORD

HERE = "/workspace/deliveries"
WORDINGS = "/workspace/wordings"


@require_GET
@desk_page(VIEW, whole=True)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list with its filters."""
    return deliveries.listed(request, actor, HERE)


@require_GET
@desk_page(VIEW, whole=True)
def sheet(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The same as a sheet."""
    return deliveries.export(request, actor)


@require_GET
@desk_page(VIEW, whole=True)
def statistics(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Figures, each leading to its list."""
    return deliveries.statistics(request, actor, HERE)


@require_GET
@desk_page(VIEW, whole=True)
def one(request: HttpRequest, actor: Actor, message_id: UUID) -> HttpResponse:
    """A message with its history."""
    return deliveries.one(request, actor, HERE, message_id)


@require_POST
@desk_page(VIEW, whole=True)
def opened(request: HttpRequest, actor: Actor, message_id: UUID) -> HttpResponse:
    """Its words; the look is audited."""
    return deliveries.opened(request, actor, HERE, message_id)


@require_GET
@desk_page(WORD)
def kinds(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The kinds a hospital may word."""
    return wordings.kinds(request, actor, WORDINGS)


@require_http_methods(["GET", "POST"])
@desk_page(WORD)
def wording(request: HttpRequest, actor: Actor, kind: str, channel: str, language: str) -> HttpResponse:
    """One wording."""
    return wordings.edit(request, actor, WORDINGS, (kind, channel, language))


@require_POST
@desk_page(WORD)
def preview(request: HttpRequest, actor: Actor, kind: str, channel: str, language: str) -> HttpResponse:  # noqa: ARG001
    """What it would say."""
    return wordings.preview(request, (kind, channel, language))


@require_POST
@desk_page(WORD)
def restore(request: HttpRequest, actor: Actor, kind: str, channel: str, language: str) -> HttpResponse:
    """Back to an earlier version."""
    return wordings.roll_back(request, actor, WORDINGS, (kind, channel, language))

"""公告 of the district."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from hub.actor import Actor
from portal.desk import notices
from portal.region.pages import district_page
from regional_services.announcements.permissions import PUBLISH

HERE = "/district/notices"


@require_http_methods(["GET", "POST"])
@district_page(PUBLISH)
def page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list, and a new one."""
    return notices.page(request, actor, HERE)


@require_POST
@district_page(PUBLISH)
def withdraw(request: HttpRequest, actor: Actor, notice_id: UUID) -> HttpResponse:
    """Take one down."""
    return notices.withdraw(request, actor, HERE, notice_id)

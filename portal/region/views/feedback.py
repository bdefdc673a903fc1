"""意见反馈 of the whole district."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub.actor import Actor
from hub.errors import InvalidInput
from portal.components.pictures import picture
from portal.desk import feedback
from portal.desk.pages import desk
from portal.region.pages import district_page
from regional_services.feedback import deadlines as times
from regional_services.feedback import services
from regional_services.feedback.models import Category
from regional_services.feedback.permissions import CLOSE, EXPORT, HANDLE, VIEW

HERE = "/district/feedback"


@require_GET
@district_page(VIEW)
def listed(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list with its filters."""
    return feedback.listed(request, actor, HERE)


@require_GET
@district_page(VIEW)
def statistics(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Figures, each leading to its list."""
    return feedback.statistics(request, actor, HERE)


@require_GET
@district_page(VIEW)
def one(request: HttpRequest, actor: Actor, feedback_id: UUID) -> HttpResponse:
    """An item with its thread."""
    return feedback.one(request, actor, HERE, feedback_id)


@require_GET
@district_page(VIEW)
def photo(request: HttpRequest, actor: Actor, photo_id: UUID) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """A photograph; each look is audited."""
    return picture(services.open_photo(actor=actor, photo_id=photo_id))


@require_POST
@district_page(HANDLE)
def take(request: HttpRequest, actor: Actor, feedback_id: UUID) -> HttpResponse:
    """Begin work on it."""
    return feedback.take(request, actor, HERE, feedback_id)


@require_POST
@district_page(HANDLE)
def reply(request: HttpRequest, actor: Actor, feedback_id: UUID) -> HttpResponse:
    """Answer it."""
    return feedback.reply(request, actor, HERE, feedback_id)


@require_POST
@district_page(CLOSE)
def close(request: HttpRequest, actor: Actor, feedback_id: UUID) -> HttpResponse:
    """Conclude it."""
    return feedback.close(request, actor, HERE, feedback_id)


@require_http_methods(["GET", "POST"])
@district_page(CLOSE)
def deadlines(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Within how many hours each category is answered."""
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            times.change(actor=actor, values=request.POST.dict())
            messages.success(request, gettext("已保存，之后提交和追加的反馈按新时限。"), extra_tags="ok")
            return HttpResponseRedirect(f"{HERE}/deadlines")
        except InvalidInput as problem:
            problems = problem.fields
    hours = times.in_force()
    rows = [
        (category, request.POST.get(category, hours[category]), problems.get(category, "")) for category in Category
    ]
    answer = desk(request, actor, "feedback_deadlines", "feedback", {"here": HERE, "rows": rows})
    answer.status_code = 422 if problems else 200
    return answer


@require_GET
@district_page(EXPORT, step_up=True)
def export(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The list as a table file."""
    return feedback.export(request, actor)

"""The satisfaction survey of a visit."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from hub.actor import Actor
from hub.errors import HubError
from portal.resident.pages import page, resident_page
from regional_services.survey import selectors, services
from tenants.registry import selectors as registry


@require_http_methods(["GET", "POST"])
@resident_page
def one(request: HttpRequest, actor: Actor, invitation_id: UUID) -> HttpResponse:
    """Fill in and send; afterwards what was answered. A missing required answer is flagged at its question."""
    problems: dict[str, str] = {}
    error, status = "", 200
    if request.method == "POST":
        try:
            services.answer(actor=actor, invitation_id=invitation_id, values=request.POST.dict())
            messages.success(request, "已提交。", extra_tags="ok")
            return HttpResponseRedirect(f"/surveys/{invitation_id}")
        except HubError as problem:
            problems, status = problem.fields, problem.status
            error = "请按提示补全。" if problems else problem.text
    survey = selectors.invitation(actor, invitation_id)
    given = survey.answers if survey.answered_at else request.POST.dict()
    context = {
        "survey": survey,
        "institution": registry.institution(survey.institution_code),
        "questions": [
            (question, given.get(question.key, ""), problems.get(question.key, "")) for question in survey.questions
        ],
        "error": error,
        "back": "/messages",
    }
    return page(request, "survey", "messages", context, status=status)

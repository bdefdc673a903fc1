"""移交: the hospital fetches its package, checks it with the tool, and confirms by the code that stands inside."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from hub.actor import Actor
from hub.errors import HubError
from portal.desk.pages import desk, desk_page, own_hospital
from regional_services.leaving import permissions, selectors, services
from regional_services.leaving.errors import NotLeaving

HERE = "/workspace/leaving"
TOOL = Path(__file__).resolve().parents[2] / "tools" / "verify_package.py"


@require_GET
@desk_page(permissions.RECEIVE)
def page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """How far the hospital's leaving is, and what it has to do itself."""
    return _page(request, actor)


def _page(
    request: HttpRequest, actor: Actor, problems: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    context = {"leaving": selectors.find(own_hospital(actor)), "problems": problems or {}}
    answer = desk(request, actor, "handover", "leaving", context)
    answer.status_code = status
    return answer


@require_GET
@desk_page(permissions.RECEIVE)
def package(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """The sealed package as a download."""
    code = own_hospital(actor)
    size = selectors.package_of(code).size
    answer = StreamingHttpResponse(
        services.fetch_package(actor=actor, code=code), content_type="application/octet-stream"
    )
    answer["Content-Disposition"] = f'attachment; filename="handover-{code}.hdhp"'
    answer["Content-Length"] = str(size)
    return cast(HttpResponse, answer)  # the guard only passes it on


@require_GET
@desk_page(permissions.RECEIVE)
def tool(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """The program that checks it, to be read before it is run."""
    answer = HttpResponse(TOOL.read_bytes(), content_type="text/x-python; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{TOOL.name}"'
    return answer


@require_POST
@desk_page(permissions.RECEIVE)
def receipt(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Confirm with the code."""
    try:
        services.give_receipt(actor=actor, code=own_hospital(actor), receipt=request.POST.get("receipt", ""))
    except HubError as problem:
        if not problem.fields:
            messages.error(request, problem.text, extra_tags="bad")
        return _page(request, actor, problem.fields, problem.status)
    messages.success(request, gettext("已确认收到，收据已签名保存。"), extra_tags="ok")
    return HttpResponseRedirect(HERE)


@require_GET
@desk_page(permissions.RECEIVE)
def receipt_paper(request: HttpRequest, actor: Actor) -> HttpResponse:  # noqa: ARG001 - the guard's signature
    """The signed receipt as a file."""
    view = selectors.find(own_hospital(actor))
    if view is None or view.receipt is None:
        raise NotLeaving
    answer = JsonResponse(view.receipt, json_dumps_params={"ensure_ascii": False, "indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="receipt-{view.code}.json"'
    return answer

"""接口 -> 对接验收: the interface checklist against the hospital's own system, live, up to the certificate."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from hub.actor import Actor
from hub.errors import HubError
from hub.tenancy.scope import hospital
from institution_connectors.catalog import certificates
from institution_connectors.catalog import selectors as connectors
from institution_connectors.conformance import permissions, selectors, services
from institution_connectors.conformance.checks import CHECKS, PROVABLE
from institution_connectors.conformance.models import StepState
from portal.components.paging import number_of, read_leaf
from portal.desk.pages import desk, desk_page, own_hospital
from portal.hospital.connector import TABS

PAGE = 20
LOOKS = 15
"""So often, a second apart, the page that asked for a certificate looks whether it is there."""


@require_GET
@desk_page(permissions.VIEW)
def listing(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The certificate in force, the checklist, and the runs so far."""
    code = own_hospital(actor)
    with hospital(code, read_only=True):
        rows = selectors.runs(skip=(number_of(request) - 1) * PAGE, limit=PAGE + 1)
    leaf = read_leaf(request, rows, PAGE)
    context = {
        "tabs": TABS,
        "tab": "conformance",
        "profile": connectors.profile_of(code),
        "certificate": certificates.current(code),
        "checks": CHECKS,
        "rows": [
            (row, row.count(StepState.PASSED), row.count(StepState.FAILED), row.count(StepState.SKIPPED))
            for row in leaf.rows
        ],
        "moving": any(row.moving for row in rows),
        "leaf": leaf,
        "may_run": actor.may(permissions.RUN),
    }
    return desk(request, actor, "conformance", "messages", context)


@require_POST
@desk_page(permissions.RUN)
def begin(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Start the whole checklist."""
    try:
        run_id = services.begin(actor=actor, code=own_hospital(actor))
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
        return HttpResponseRedirect("/workspace/conformance")
    return HttpResponseRedirect(f"/workspace/conformance/{run_id}")


@require_GET
@desk_page(permissions.VIEW)
def one(request: HttpRequest, actor: Actor, run_id: UUID) -> HttpResponse:
    """One run; while it moves its steps are asked for every second."""
    code = own_hospital(actor)
    with hospital(code, read_only=True):
        run = selectors.run(run_id)
    profile = connectors.profile_of(code)
    held = profile.capabilities if profile else frozenset()
    context = {
        "run": run,
        "counts": [(state.label, run.count(state)) for state in StepState if run.count(state)],
        "current": profile is not None and profile.version == run.connector_version,
        "gained": sorted(operation.text for operation in run.proven - held),
        "lost": sorted(operation.text for operation in (held & PROVABLE) - run.proven),
        "may_run": actor.may(permissions.RUN),
        "look": _look(request.GET.get("look", "")) if not run.certificate else 0,
    }
    template = "conformance_steps" if request.headers.get("HX-Request") else "conformance_run"
    return desk(request, actor, template, "messages", context)


def _look(text: str) -> int:
    """How often the page that waits for its certificate has looked, the next one counted; 0: it waits no longer."""
    looked = int(text) if text.isascii() and text.isdigit() else 0
    return looked + 1 if 0 < looked <= LOOKS else 0


@require_POST
@desk_page(permissions.RUN)
def repeat(request: HttpRequest, actor: Actor, run_id: UUID, check_code: str) -> HttpResponse:
    """One step again."""
    try:
        services.repeat(actor=actor, code=own_hospital(actor), run_id=run_id, check_code=check_code)
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect(f"/workspace/conformance/{run_id}")


@require_POST
@desk_page(permissions.RUN)
def certify(request: HttpRequest, actor: Actor, run_id: UUID) -> HttpResponse:
    """The certificate, and with it the capabilities."""
    try:
        services.ask_certificate(actor=actor, code=own_hospital(actor), run_id=run_id)
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    else:
        return HttpResponseRedirect(f"/workspace/conformance/{run_id}?look=1")
    return HttpResponseRedirect(f"/workspace/conformance/{run_id}")

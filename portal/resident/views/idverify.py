"""Manual review of one's identity: photograph both sides, correct, submit, see what came of it (JA-IDV-01 to -05)."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub.actor import Actor
from hub.errors import HubError, InvalidInput, NotFound
from hub.security.sealed_forms import SealedForm, SealedTextInput
from portal.components.pictures import picture
from portal.resident.pages import page, resident_page
from regional_services.identity.consents import TEXTS
from regional_services.idverify import access, selectors, services
from regional_services.idverify.models import PhotoState, Side, State
from regional_services.idverify.pictures import MOST_BYTES
from regional_services.idverify.reading import LONG
from regional_services.idverify.selectors import ApplicationView

HERE = "/me/identity"


class CardForm(SealedForm):
    """What stands on the card; without script a field left empty keeps what was read."""

    name = forms.CharField(label=_("姓名"), max_length=50, required=False, widget=SealedTextInput("form.name:identity"))
    number = forms.CharField(
        label=_("证件号码"), max_length=20, required=False, widget=SealedTextInput("form.document:identity")
    )
    ethnicity = forms.CharField(label=_("民族"), max_length=20, required=False)
    address = forms.CharField(
        label=_("住址"), max_length=120, required=False, widget=SealedTextInput("form.address:identity")
    )
    authority = forms.CharField(label=_("签发机关"), max_length=60, required=False)
    valid_from = forms.CharField(label=_("有效期自（如 2020-01-31）"), max_length=10, required=False)
    valid_until = forms.CharField(label=_("有效期至（长期有效填“长期”）"), max_length=10, required=False)


@require_GET
@resident_page
def overview(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The step the resident is at, and his earlier applications. Five queries at most."""
    return _overview(request, actor)


@require_POST
@resident_page
def begin(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Agree and begin."""
    try:
        services.begin(actor=actor, consents=tuple(request.POST.getlist("consents")))
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect(HERE)


@require_http_methods(["GET", "POST"])
@resident_page
def photo(request: HttpRequest, actor: Actor, application_id: UUID, side: str) -> HttpResponse:
    """One side of the card: what was photographed, or a new photograph of it."""
    wanted = _side(side)
    if request.method == "GET":
        return picture(access.own_picture(actor=actor, application_id=application_id, side=wanted))
    sent = request.FILES.get("photo")
    try:
        content = sent.read(MOST_BYTES + 1) if sent else b""
        services.add_photo(actor=actor, application_id=application_id, side=wanted, sent=content)
    except NotFound:
        raise
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect(HERE)


@require_POST
@resident_page
def type_instead(request: HttpRequest, actor: Actor, application_id: UUID, side: str) -> HttpResponse:
    """Type what could not be read."""
    try:
        services.type_instead(actor=actor, application_id=application_id, side=_side(side))
    except NotFound:
        raise
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect(HERE)


@require_POST
@resident_page
def submit(request: HttpRequest, actor: Actor, application_id: UUID) -> HttpResponse:
    """Hand in the corrected fields; a mistake is shown beside its field."""
    selectors.own(actor, application_id)
    form = CardForm(request)
    if not form.is_valid():
        return _overview(request, actor, form=form, status=422)
    try:
        services.submit(actor=actor, application_id=application_id, given=form.cleaned_data)
    except InvalidInput as problem:
        for field, reason in problem.fields.items():
            form.add_error(field if field in form.fields else None, reason)
        return _overview(request, actor, form=form, error="" if problem.fields else problem.text, status=problem.status)
    except NotFound:
        raise
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect(HERE)


@require_POST
@resident_page
def drop(request: HttpRequest, actor: Actor, application_id: UUID) -> HttpResponse:
    """Give the draft up."""
    services.drop(actor=actor, application_id=application_id)
    messages.success(request, "已放弃，照片将被删除。", extra_tags="ok")
    return HttpResponseRedirect(HERE)


@require_POST
@resident_page
def appeal(request: HttpRequest, actor: Actor, application_id: UUID) -> HttpResponse:
    """Ask for another reviewer."""
    try:
        services.appeal(actor=actor, application_id=application_id, text=request.POST.get("text", ""))
        messages.success(request, "申诉已提交，将由另一位审核员复核。", extra_tags="ok")
    except NotFound:
        raise
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect(HERE)


def _side(side: str) -> Side:
    if side not in Side.values:
        raise NotFound
    return Side(side)


def _overview(
    request: HttpRequest, actor: Actor, *, form: CardForm | None = None, error: str = "", status: int = 200
) -> HttpResponse:
    rows = selectors.mine(actor)
    opened = next((row for row in rows if row.state in (State.DRAFT, State.PENDING)), None)
    step = _step(opened)
    if step == "check" and form is None and opened is not None:
        form = CardForm(request, initial=_initial(opened))
    context = {
        "opened": opened,
        "step": step,
        "side": step if step in Side.values else "",
        "shot": opened.photos.get(step) if opened else None,
        "reading": bool(opened and any(shot.state == PhotoState.READING for shot in opened.photos.values())),
        "history": [row for row in rows if row is not opened],
        "holder_verified": selectors.is_verified(actor),
        "consents": [TEXTS[code] for code in services.CONSENTS],
        "form": form,
        "unsure": [found.title for found in opened.fields if found.is_unsure] if opened else [],
        "error": error,
        "back": "/me/people",
    }
    return page(request, "identity", "me", context, status=status)


def _step(opened: ApplicationView | None) -> str:
    """Where a draft stands: its first side that is not done, then checking; "begin" and "wait" outside of a draft."""
    if opened is None:
        return "begin"
    if opened.state == State.PENDING:
        return "wait"
    for side in Side:
        shot = opened.photos.get(side)
        if shot is None or shot.state not in (PhotoState.READ, PhotoState.KEPT):
            return str(side.value)
    return "check"


def _initial(opened: ApplicationView) -> dict[str, str]:
    found = {field.name: field.read for field in opened.fields}
    if found.get("valid_until") == LONG:
        found["valid_until"] = "长期"
    return {name: found.get(name, "") for name in CardForm.base_fields}

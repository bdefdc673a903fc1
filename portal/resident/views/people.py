"""The people a resident acts for: list, add, real name, choose."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

import segno
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hub import clock
from hub.accounts import sessions
from hub.accounts.models import CodePurpose
from hub.accounts.services import residents
from hub.actor import Actor
from hub.errors import HubError, InvalidInput
from hub.security.sealed_forms import SealedForm, SealedTextInput
from hub.tenancy.scope import region
from portal.commands import command_of
from portal.resident.pages import choose_person, chosen_person, next_of, page, people_of, resident_page
from regional_services.identity import proxies, services, visitcards
from regional_services.identity.consents import GUARDIAN_CONSENT, HOSPITAL_SHARING, SERVICE_USE, TEXTS
from regional_services.identity.documents import DocumentKind
from regional_services.identity.models import RelationKind, RelationState, Standing
from regional_services.identity.selectors import Member
from regional_services.identity.steps import NewPerson

REQUIRED = (SERVICE_USE, HOSPITAL_SHARING)


class DocumentForm(SealedForm):
    """Name and document of a person."""

    name = forms.CharField(label=_("姓名（与证件一致）"), max_length=50, widget=SealedTextInput("form.name:person"))
    document_type = forms.ChoiceField(label=_("证件类型"), choices=[(kind.value, kind.text) for kind in DocumentKind])
    document_number = forms.CharField(
        label=_("证件号码"), max_length=30, widget=SealedTextInput("form.document:person")
    )


class PersonForm(DocumentForm):
    """Somebody to act for. Sex and birthday are asked only where the document does not say them."""

    field_order = ("kind",)

    kind = forms.ChoiceField(label=_("与您的关系"), choices=RelationKind.choices)
    phone = forms.CharField(
        label=_("手机号（选填）"), max_length=11, required=False, widget=SealedTextInput("form.phone:person")
    )
    phone_code = forms.CharField(
        label=_("家人手机收到的验证码（成年家人同意由您代办）"),
        max_length=6,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
    sex = forms.ChoiceField(
        label=_("性别（证件不含时填写）"), choices=[("", "—"), ("1", _("男")), ("2", _("女"))], required=False
    )
    birth_date = forms.DateField(
        label=_("出生日期（证件不含时填写）"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    valid_until = forms.DateField(
        label=_("证件有效期至（长期的不填）"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("家人同意由您代办到哪天（成年家人，最长一年）"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )


def _checking(row: Member) -> bool:
    return row.state == RelationState.PENDING and not row.refusal


@require_GET
@resident_page
def people(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Everybody this account acts for."""
    rows = people_of(actor)
    context = {
        "people": [(row, _checking(row)) for row in rows],
        "chosen": chosen_person(request, rows),
        "proxies": proxies.proxies_of(actor),
        "checking": any(_checking(row) for row in rows),
        "holder_verified": any(row.kind == RelationKind.SELF and row.standing == Standing.VERIFIED for row in rows),
        "next": next_of(request, "/me"),
        "back": "/me",
    }
    return page(request, "people", "me", context)


@require_http_methods(["GET", "POST"])
@resident_page
def add(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Add oneself or a family member and have the name checked."""
    first = not people_of(actor)
    initial = {"kind": RelationKind.SELF if first else RelationKind.CHILD, "document_type": DocumentKind.RESIDENT_ID}
    form = PersonForm(request, initial=initial)
    following = next_of(request, "/me/people")
    context: dict[str, object] = {
        "form": form,
        "next": following,
        "consents": [{"code": code, "text": TEXTS[code].text} for code in REQUIRED],
        "guardian": {"code": GUARDIAN_CONSENT, "text": TEXTS[GUARDIAN_CONSENT].text},
        "given": request.POST.getlist("consents"),
        "back": "/me/people",
    }
    if request.method == "GET" or not form.is_valid():
        return page(request, "person_new", "me", context, status=200 if request.method == "GET" else 422)
    try:
        if request.POST.get("act") == "code":
            _send_code(request, form.cleaned_data["phone"])
            return page(request, "person_new", "me", {**context, "code_sent": True})
        services.add_person(
            actor=actor,
            form=NewPerson(
                **form.cleaned_data,
                code_binding=sessions.binding_of(request),
                consents=tuple(request.POST.getlist("consents")),
            ),
            command=command_of(request, "identity.add_person"),
        )
    except HubError as problem:
        for field, reason in problem.fields.items():
            if field in form.fields:
                form.add_error(field, reason)
        context["error"] = "" if form.errors else problem.text
        return page(request, "person_new", "me", context, status=problem.status)
    return HttpResponseRedirect(f"/me/people?next={quote(following)}")


def _send_code(request: HttpRequest, phone: str) -> None:
    """An adult agrees by a code on his own phone; one without a phone is linked at a hospital's desk (practice 1)."""
    if not phone:
        raise InvalidInput(fields={"phone": gettext("请填写家人的手机号；没有手机的家人请到医院窗口办理。")})
    residents.request_phone_code(
        actor=sessions.anonymous(request),
        phone=phone,
        purpose=CodePurpose.ADD_MEMBER,
        binding=sessions.binding_of(request),
    )


@require_POST
@resident_page
def choose(request: HttpRequest, actor: Actor, person_id: UUID) -> HttpResponse:
    """Act for this person from now on."""
    if any(row.person_id == person_id for row in people_of(actor)):
        choose_person(request, person_id)
    return HttpResponseRedirect(next_of(request, "/me"))


@require_POST
@resident_page
def real_name(request: HttpRequest, actor: Actor, person_id: UUID) -> HttpResponse:
    """Have the name checked again."""
    try:
        services.start_real_name(actor=actor, person_id=person_id)
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
    return HttpResponseRedirect("/me/people")


@require_POST
@resident_page
def end_proxy(request: HttpRequest, actor: Actor, relation_id: UUID) -> HttpResponse:
    """This one acts for me no longer."""
    proxies.end_proxy(actor=actor, relation_id=relation_id)
    messages.success(request, gettext("已停止由对方代办。"), extra_tags="ok")
    return HttpResponseRedirect("/me/people")


@require_GET
@resident_page
def card(request: HttpRequest, actor: Actor, person_id: UUID) -> HttpResponse:
    """就诊卡码: shown at a hospital's desk, it finds today's visit there (WX-APPT-08)."""
    with region(read_only=True):
        code = visitcards.card_of(actor, person_id)
        person = next(one for one in people_of(actor) if one.person_id == person_id)
    context = {
        "person": person,
        "qr": segno.make(code, error="m").svg_data_uri(scale=6, border=2),
        "code": code,
        "until": clock.now() + visitcards.LIFETIME,
        "back": "/me/people",
    }
    return page(request, "card", "me", context)

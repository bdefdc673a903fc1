"""更换手机号: who asks shows that the account is his, then that the new number is, reads both back, and changes.

How far a change got stands in the session, on the server: a reload shows the same step, and nothing of it goes through
the page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from hub import clock
from hub.accounts import handles, platforms, sessions
from hub.accounts.access import own_account
from hub.accounts.errors import CodeTooSoon, PhoneTaken
from hub.accounts.handles import HandleView
from hub.accounts.models import HandleKind
from hub.accounts.platforms import Platform
from hub.accounts.results import CodeSent
from hub.accounts.services import platforms as ways
from hub.accounts.services import residents
from hub.actor import Actor
from hub.errors import HubError, InvalidInput, NotFound, NotSignedIn
from hub.security.sealed_forms import SealedForm, SealedTextInput
from portal.resident.pages import WAY_NEXT, WAYS, page, resident_page
from portal.resident.views.people import DocumentForm
from regional_services.accountlife import changing
from regional_services.accountlife.changing import Proof
from regional_services.accountlife.errors import ProofDue

_KEY = "phone_change"


class NumberForm(SealedForm):
    """The new number."""

    phone = forms.CharField(
        label=_("新手机号"),
        max_length=16,
        widget=SealedTextInput("form.phone:change", attrs={"inputmode": "tel"}),
    )


@dataclass(slots=True, kw_only=True)
class _Held:
    """How far the change of one phone got: the codes sent, what was proven, the platform's ask that is to prove it."""

    handle_id: UUID
    old: str = ""
    new: str = ""
    ask: str = ""
    proof: Proof | None = None

    @classmethod
    def of(cls, request: HttpRequest, handle_id: UUID) -> _Held:
        """What stands in the session, if it is about this phone; a proof that ran out is none."""
        kept = request.session.get(_KEY)
        if not kept or kept["handle_id"] != str(handle_id):
            return cls(handle_id=handle_id)
        proof = None
        if kept["proof"] and clock.now() - datetime.fromisoformat(kept["proof"]["at"]) <= changing.PROOF_LASTS:
            told = kept["proof"]
            at = datetime.fromisoformat(told["at"])
            proof = Proof(handle_id=handle_id, by=HandleKind(told["by"]), at=at, named=told["named"])
        return cls(handle_id=handle_id, old=kept["old"], new=kept["new"], ask=kept["ask"], proof=proof)

    def keep(self, request: HttpRequest) -> None:
        """Into the session."""
        proof = self.proof
        told = {"by": str(proof.by), "at": proof.at.isoformat(), "named": proof.named} if proof else None
        request.session[_KEY] = {**asdict(self), "handle_id": str(self.handle_id), "proof": told}

    def sent(self, request: HttpRequest, code_id: str) -> CodeSent | None:
        """Where a code of this change went."""
        if not code_id:
            return None
        return residents.code_sent(code_id=UUID(code_id), binding=sessions.binding_of(request))


@require_http_methods(["GET", "POST"])
@resident_page
def change(request: HttpRequest, actor: Actor, handle_id: UUID) -> HttpResponse:
    """One step after the other, each on its own page; what is refused is said on that page."""
    try:
        return _step(request, actor, _Held.of(request, handle_id))
    except NotFound:
        if handles.handle_of(own_account(actor), handle_id) is None:
            raise
        return HttpResponseRedirect(WAYS)  # changed already: sent twice, or come back to


def _step(request: HttpRequest, actor: Actor, held: _Held) -> HttpResponse:
    row = changing.phone(actor, held.handle_id)
    if request.method == "GET":
        return _shown(request, actor, row, held)
    act = _ACTS.get(request.POST.get("act", ""))
    try:
        following = act(request, actor, held) if act else request.path
    except PhoneTaken as problem:
        context = {"row": row, "error": problem.text, "back": WAYS}
        return page(request, "phone_taken", "me", context, status=problem.status)
    except NotFound:
        raise
    except HubError as problem:
        if isinstance(problem, ProofDue):
            held.proof = None
            held.keep(request)
        return _shown(request, actor, row, held, problem)
    return HttpResponseRedirect(following)


def _shown(
    request: HttpRequest, actor: Actor, row: HandleView, held: _Held, problem: HubError | None = None
) -> HttpResponse:
    """The page of the step the change stands at."""
    stage, sent = _stage(request, actor, held)
    context: dict[str, object] = {
        "row": row,
        "stage": stage,
        "sent": sent,
        "after": _seconds_left(sent, problem),
        "step": {"old": 1, "name": 1, "new": 2}.get(stage, 3),
        "form": _form(request, stage, problem),
        "errors": problem.fields if problem else {},
        "error": problem.text if problem and not problem.fields else "",
        "back": WAYS,
    }
    return page(request, "phone_change", "me", context, status=problem.status if problem else 200)


def _stage(request: HttpRequest, actor: Actor, held: _Held) -> tuple[str, CodeSent | None]:
    if held.proof is None:
        return "old", held.sent(request, held.old)
    if changing.name_due(actor, held.proof):
        return "name", None
    sent = held.sent(request, held.new)
    return ("confirm" if sent else "new"), sent


def _seconds_left(sent: CodeSent | None, problem: HubError | None) -> int:
    """Until another code may be asked for."""
    if isinstance(problem, CodeTooSoon):
        return problem.retry_after or 0
    return max(0, int((sent.again_at - clock.now()) / timedelta(seconds=1)) + 1) if sent else 0


def _form(request: HttpRequest, stage: str, problem: HubError | None) -> SealedForm | None:
    """The step's fields, as they were sent where that was refused."""
    made = {"name": DocumentForm, "new": NumberForm}.get(stage)
    if made is None:
        return None
    form = made(request)
    for field, reason in (problem.fields if problem else {}).items():
        if field in form.fields and field not in form.errors:
            form.add_error(field, reason)
    return form


def _ask_old(request: HttpRequest, actor: Actor, held: _Held) -> str:
    asked = changing.ask_old(actor=actor, handle_id=held.handle_id, binding=sessions.binding_of(request))
    held.old = str(asked.code_id)
    held.keep(request)
    return request.path


def _show_old(request: HttpRequest, actor: Actor, held: _Held) -> str:
    held.proof = changing.prove_by_old(
        actor=actor, handle_id=held.handle_id, code=_code(request), binding=sessions.binding_of(request)
    )
    held.old = held.new = ""
    held.keep(request)
    return request.path


def _show_name(request: HttpRequest, actor: Actor, held: _Held) -> str:
    given, here = _valid(DocumentForm(request)), sessions.current(request)
    if here is None:
        raise NotSignedIn
    held.proof = changing.prove_name(actor=actor, proof=_proof(held), sign_in_id=here.sign_in_id, **given)
    held.keep(request)
    return request.path


def _ask_new(request: HttpRequest, actor: Actor, held: _Held) -> str:
    """A code to the number that was typed, or once more to the one it was sent to."""
    sent = held.sent(request, held.new)
    number = sent.phone if sent else _valid(NumberForm(request))["phone"]
    asked = changing.ask_new(actor=actor, proof=_proof(held), number=number, binding=sessions.binding_of(request))
    held.new = str(asked.code_id)
    held.keep(request)
    return request.path


def _other(request: HttpRequest, _actor: Actor, held: _Held) -> str:
    held.new = ""
    held.keep(request)
    return request.path


def _change(request: HttpRequest, actor: Actor, held: _Held) -> str:
    sent, here = held.sent(request, held.new), sessions.current(request)
    if sent is None:
        return request.path
    masked = changing.change(
        actor=actor,
        proof=_proof(held),
        number=sent.phone,
        code=_code(request),
        binding=sessions.binding_of(request),
        sign_in_id=here.sign_in_id if here else None,
    )
    del request.session[_KEY]
    told = gettext("已更换，以后用 %(phone)s 登录。旧号码会收到一条通知短信。") % {"phone": masked}
    messages.success(request, told, extra_tags="ok")
    return WAYS


_ACTS: dict[str, Callable[[HttpRequest, Actor, _Held], str]] = {
    "old-code": _ask_old,
    "old": _show_old,
    "name": _show_name,
    "new-code": _ask_new,
    "other": _other,
    "change": _change,
}


def _valid(form: SealedForm) -> dict[str, Any]:
    """What was filled in; InvalidInput with a reason for each field."""
    if not form.is_valid():
        raise InvalidInput(fields={field: str(reasons[0]) for field, reasons in form.errors.items()})
    return form.cleaned_data


def _code(request: HttpRequest) -> str:
    return request.POST.get("code", "").strip()


def _proof(held: _Held) -> Proof:
    if held.proof is None:
        raise ProofDue
    return held.proof


@require_GET
@resident_page
def lost(request: HttpRequest, actor: Actor, handle_id: UUID) -> HttpResponse:
    """The old number gets no messages any more: what else would do, and who helps where nothing does."""
    found = changing.without_it(actor)
    context = {
        "row": changing.phone(actor, handle_id),
        "verified": found.verified,
        "platforms": [(one.slug, one.kind.label) for one in found.platforms],
        "back": _here(handle_id),
    }
    return page(request, "phone_lost", "me", context)


@require_GET
@resident_page
def prove(request: HttpRequest, actor: Actor, handle_id: UUID, platform: str) -> HttpResponse:
    """To the platform, to show that its user who opens this account is here."""
    changing.phone(actor, handle_id)
    found, chosen = changing.without_it(actor), platforms.named(platform)
    if not found.verified or chosen not in found.platforms:
        raise NotFound
    started = ways.start(actor=actor, platform=chosen, binding=sessions.binding_of(request))
    held = _Held(handle_id=handle_id, ask=str(started.ask_id))
    held.keep(request)
    request.session[WAY_NEXT] = f"{_here(handle_id)}/lost"
    return HttpResponseRedirect(started.authorize_url)


def asked(request: HttpRequest) -> UUID | None:
    """The platform's ask that is to prove who changes his phone, if there is one."""
    ask = (request.session.get(_KEY) or {}).get("ask")
    return UUID(ask) if ask else None


def proven_by_platform(request: HttpRequest, actor: Actor, platform: Platform, ask_id: UUID) -> str:
    """The platform confirmed its user: where to go on."""
    handle_id = UUID(request.session[_KEY]["handle_id"])
    held = _Held(handle_id=handle_id)
    following = _here(handle_id)
    try:
        held.proof = changing.prove_by_platform(
            actor=actor,
            handle_id=handle_id,
            platform=platform,
            ask_id=ask_id,
            binding=sessions.binding_of(request),
        )
    except HubError as problem:
        messages.error(request, problem.text, extra_tags="bad")
        following = f"{following}/lost"
    held.keep(request)
    return following


def _here(handle_id: UUID) -> str:
    return f"{WAYS}/{handle_id}/change"

"""收款商户: a hospital's credentials at a payment channel, put forward by one administrator, confirmed by another.

The same acts at the district and at the hospital; no page shows a key.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext

from hub import clock
from hub.actor import Actor
from hub.errors import HubError, NotFound
from portal.desk.pages import desk
from regional_services.payments import merchant_forms, merchants
from regional_services.payments.conversations import notify_url
from regional_services.payments.merchants import Standing
from regional_services.payments.permissions import CONFIRM_MERCHANT, PROPOSE_MERCHANT

SOON = timedelta(days=30)


def context_of(actor: Actor, code: str, here: str) -> dict[str, Any]:
    """What the section of one hospital shows; `here` is the address its acts are sent to. Two queries."""
    versions, found = merchants.standing([code]).get(code, []), merchants.proposals(code)
    current = next((one for one in versions if one.effective_to is None), None)
    return {
        "code": code,
        "here": here,
        "versions": versions,
        "current": current,
        "runs_out": runs_out(current),
        "notify_url": notify_url(current.merchant_id) if current else "",
        "proposals": found,
        "is_waiting": any(one.state == "waiting" for one in found),
        "may_propose": actor.may(PROPOSE_MERCHANT),
        "may_confirm": actor.may(CONFIRM_MERCHANT),
    }


def runs_out(current: Standing | None) -> bool:
    """Whether the merchant's certificate ends within a month, or has ended."""
    until = current.certificate_until if current else None
    return until is not None and until < clock.now() + SOON


def propose(request: HttpRequest, actor: Actor, code: str, here: str, active: str) -> HttpResponse:
    """Put forward what was typed; after a mistake the form comes back without its secrets."""
    try:
        found = merchant_forms.read(request.POST.dict())
        merchants.propose(
            actor=actor,
            code=code,
            credentials=found.credentials,
            certificate_until=found.certificate_until,
            reason=request.POST.get("reason", ""),
        )
    except NotFound:
        raise
    except HubError as problem:
        if not problem.fields:
            messages.error(request, problem.text, extra_tags="bad")
        context = {**context_of(actor, code, here), "problems": problem.fields, "sent": request.POST}
        answer = desk(request, actor, "merchant", active, context)
        answer.status_code = problem.status
        return answer
    messages.success(request, gettext("已提交。安全管理员确认后启用。"), extra_tags="ok")
    return HttpResponseRedirect(here)


def decide(request: HttpRequest, actor: Actor, code: str, proposal_id: UUID, here: str) -> HttpResponse:
    """The second person's word."""
    if request.POST.get("to") == "confirm":
        return _done(
            request,
            lambda: merchants.confirm(actor=actor, code=code, proposal_id=proposal_id),
            gettext("已启用，之后的收款使用新凭据。"),
            here,
        )
    return _done(
        request,
        lambda: merchants.refuse(
            actor=actor, code=code, proposal_id=proposal_id, reason=request.POST.get("reason", "")
        ),
        gettext("已退回，提交的密钥已删除。"),
        here,
    )


def retire(request: HttpRequest, actor: Actor, code: str, here: str) -> HttpResponse:
    """No new payments by this account."""
    return _done(
        request,
        lambda: merchants.retire(
            actor=actor, code=code, channel=merchant_forms.CHANNEL, reason=request.POST.get("reason", "")
        ),
        gettext("已停用，不再发起新的收款；已收的款仍可退。"),
        here,
    )


def _done(request: HttpRequest, act: Callable[[], None], said: str, here: str) -> HttpResponse:
    try:
        act()
    except NotFound:
        raise
    except HubError as problem:
        messages.error(request, next(iter(problem.fields.values()), problem.text), extra_tags="bad")
    else:
        messages.success(request, said, extra_tags="ok")
    return HttpResponseRedirect(here)

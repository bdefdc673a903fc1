"""Keeping hospitals' servers telling us: subscriptions that a restored or repaired server forgot are made again."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.urls import reverse

from hub.security.keyring import ring
from hub.work import work
from institution_connectors.catalog import selectors as catalog
from institution_connectors.contracts import Answer, Call, Operation, Outcome, Reason, Subscribing
from institution_connectors.exchange import signing
from institution_connectors.runtime.adapters import adapter_of
from institution_connectors.runtime.gate import Crowded, gate
from institution_connectors.runtime.pipeline import ACTOR


def keep(code: str) -> Answer | None:
    """Look after the subscriptions of one hospital; None where it is polled, or tells us in a way of its own.

    What crosses the wire is not kept: it holds the token with which the hospital's server will come to us.
    """
    profile = catalog.profile(code)
    adapter = adapter_of(profile)
    if profile.options.polled or not isinstance(adapter, Subscribing):
        return None
    guarded = gate(profile.name, profile.limits)
    if guarded.blocked_for():
        return Answer.rejected(Reason.UNREACHABLE, sent=False)
    timeouts = Operation.PING.timeouts
    token = signing.notification_token(ring().secret(profile.secret_ref), code)
    call = Call(trace_id=uuid4().hex, timeouts=timeouts, record=lambda _wire: None)
    try:
        with guarded.place(timeouts.connect):
            answer = adapter.subscribe(address(code), token, call)
    except Crowded:
        return Answer.rejected(Reason.BUSY, sent=False)
    guarded.note(answer.outcome, answer.reason)
    if answer.outcome is not Outcome.ACCEPTED or answer.text:
        with work(code, actor=ACTOR) as unit:
            outcome = "success" if answer.outcome is Outcome.ACCEPTED else "failure"
            unit.audit(
                "exchange.subscribed", target=f"connector:{code}", outcome=outcome, reason=answer.reason,
                detail={"said": answer.text[:200]},
            )  # fmt: skip
    return answer


def address(code: str) -> str:
    """Where a hospital's server sends its notifications."""
    path: str = reverse("institution-fhir", kwargs={"code": code})
    return f"{settings.PUBLIC_ORIGIN.rstrip('/')}{path}"

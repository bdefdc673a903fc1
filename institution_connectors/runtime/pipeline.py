"""The pipeline, on one screen: store, authenticate, map, call, store; then decide what comes next.

It runs in no transaction. Whatever happens to the process, what is stored says what may have reached the hospital, and
the next run begins there.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import Error as DatabaseError

from hub import clock, ids
from hub.actor import system_actor
from hub.errors import HubError
from hub.outbox.events import Temporary
from hub.outbox.services import hasten
from hub.work import Unit
from institution_connectors.catalog import selectors as catalog
from institution_connectors.contracts import (
    Answer,
    Call,
    CheckOutcome,
    Command,
    ConnectorProfile,
    CreatePatient,
    LockNumber,
    Reason,
    Register,
    Request,
    Wire,
)
from institution_connectors.exchange import store
from institution_connectors.runtime import metrics
from institution_connectors.runtime.adapters import adapter_of
from institution_connectors.runtime.completeness import whole
from institution_connectors.runtime.decisions import Act, Settle, TellUnknown, Try, Wait
from institution_connectors.runtime.gate import Crowded, gate

SHORT_PAUSE = 1.2
_log = logging.getLogger(__name__)
_CARRIES_OUT = "institution_connectors.exchange.ask_hospital"
ACTOR = system_actor("connectors")


def carry_out(
    hospital: str, exchange_id: UUID, *, until: datetime, end_in: Callable[[Unit], None] | None = None
) -> None:
    """Work on an ask until it has ended, or raise `Temporary` saying when to go on.

    `end_in` is called in the unit of work that stores the answer, if it was this run that ended the ask.
    """
    profile = catalog.profile(hospital)
    begun = _begin(profile, exchange_id)  # store
    while begun is not None:
        if begun.attempt is not None:
            wires: list[Wire] = []
            target = catalog.test_profile(hospital) if begun.row.at_test else profile
            answer = call(target, asked(begun), begun.attempt.trace_id, wires.append)  # authenticate, map, call
            may_call = not gate(hospital, profile.limits).blocked_for()
            begun = store.conclude(  # store
                profile, begun, answer, wires, actor=ACTOR, may_call=may_call, end_in=end_in
            )
            continue
        match begun.step:
            case Wait() as wait:
                _pause(wait, until)
            case Settle(answer):
                store.settle(profile, exchange_id, answer, actor=ACTOR)
            case TellUnknown():
                store.tell_unknown(profile, begun.row, actor=ACTOR)
            case Try():
                later = gate(hospital, profile.limits).come_back_in()
                raise Temporary(f"{hospital} is left alone after failures", retry_after=later)
        begun = _begin(profile, exchange_id)


def _begin(profile: ConnectorProfile, exchange_id: UUID) -> store.Begun | None:
    blocked = gate(profile.hospital, profile.limits).blocked_for()
    return store.begin(profile, exchange_id, may_call=not blocked)


def call(profile: ConnectorProfile, request: Request, trace_id: str, record: Callable[[Wire], None]) -> Answer:
    """Ask once, through the hospital's gate; who finds it open again calls those who wait."""
    guarded, timeouts = gate(profile.name, profile.limits), request.operation.timeouts
    began = time.perf_counter()
    try:
        with guarded.place(timeouts.connect):
            answer = adapter_of(profile).call(request, Call(trace_id=trace_id, timeouts=timeouts, record=record))
    except Crowded:
        return Answer.rejected(Reason.BUSY, text="all places of this hospital are taken", sent=False)
    if guarded.note(answer.outcome, answer.reason):
        call_those_who_wait(profile.hospital)
    checked = whole(answer)
    seconds = time.perf_counter() - began
    metrics.count(profile.hospital, profile.dialect, request.operation, checked, seconds)
    return checked


def call_those_who_wait(hospital: str) -> None:
    """A hospital that was silent answers: what waits for its next attempt there is due now, not in some minutes.

    It spares time and nothing else: if it fails, they come back by themselves, and the answer in hand is not lost.
    """
    try:
        hasten(hospital, handler=_CARRIES_OUT)
    except (DatabaseError, HubError) as problem:
        _log.warning("those who wait were not called", extra={"hospital": hospital, "failure": type(problem).__name__})


def asked(begun: store.Begun) -> Request:
    """What goes out in an attempt: the ask itself, the archive before it, or the question what became of it."""
    request, exchange_id = begun.ask.request, begun.row.id
    if not isinstance(begun.step, Try):
        raise TypeError("no call was begun")
    if begun.step.act is Act.CHECK and isinstance(request, Command):
        return CheckOutcome(hub_number=request.hub_number, asked=request.operation)
    if begun.step.act is Act.PREPARE and isinstance(request, LockNumber | Register):
        number = ids.domain_number("PA", uuid.uuid5(exchange_id, "archive"))
        return CreatePatient(hub_number=number, patient=request.patient)
    return request


def _pause(wait: Wait, until: datetime) -> None:
    """Wait here when it is short and there is time, else come back later."""
    if wait.seconds > SHORT_PAUSE or clock.now() + timedelta(seconds=wait.seconds + 10) > until:
        raise Temporary(wait.why, retry_after=wait.seconds)
    time.sleep(wait.seconds)

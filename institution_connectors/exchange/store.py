"""The message store: what the pipeline reads and writes between its calls, each in a short transaction.

Statements are few on purpose: this is on the way of every booking. An ended ask is guarded by the condition of the
UPDATE that ends it, not by a lock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from hub import clock, ids
from hub.actor import Actor
from hub.tenancy.scope import hospital
from hub.tenancy.statements import Insert, Join, Perhaps, Select, Statement, Update, Write, together
from hub.work import Unit, work
from institution_connectors.contracts import (
    Answer,
    ConnectorProfile,
    Found,
    LockNumber,
    Operation,
    Outcome,
    OutcomeChecked,
    PatientCreated,
    Reason,
    Register,
    Request,
    Wire,
    decode_request,
    encode,
)
from institution_connectors.exchange import bodies
from institution_connectors.exchange.errors import UnknownExchange
from institution_connectors.exchange.events import ExchangeAnswered
from institution_connectors.exchange.models import Attempt, Exchange, State
from institution_connectors.runtime.decisions import Act, Ask, Step, Tried, Try, next_step

_UNENDED = (State.OPEN, State.UNKNOWN)
_WHILE_UNENDED = "state IN ('open', 'unknown')"
_TELL = Update(Exchange, ("state", "told_unknown"), _WHILE_UNENDED)
_PREPARED = Update(Exchange, ("request", "attempts"), _WHILE_UNENDED)
_GO_ON = Update(Exchange, ("reason", "state", "attempts"), _WHILE_UNENDED)
_END = Update(Exchange, ("state", "reason", "his_code", "his_text", "answer", "ended_at", "attempts"), _WHILE_UNENDED)
_ASK = Select(Exchange, "id = %(id)s")
# With any attempt there is: the others are read only then, and most asks have none when they are begun.
_ASK_TRIED = Join(
    (Exchange,),
    "exchange_exchange.id = %(id)s",
    perhaps=Perhaps(Attempt, "exchange_id = exchange_exchange.id", only=("id",)),
)
_ATTEMPTS = Select(Attempt, "exchange_id = %(exchange)s ORDER BY number")
_BEGIN_ATTEMPT = Insert(Attempt)
_END_ATTEMPT = Statement(
    "hospital",
    """
UPDATE exchange_attempt
SET ended_at = %(ended)s, duration_ms = %(ms)s, outcome = %(outcome)s, reason = %(reason)s, sent = %(sent)s
WHERE exchange_id = %(exchange)s AND number = %(number)s
""",
)
_UNDONE = (Reason.CLOSED, Reason.LOCK_EXPIRED)


class _Told(Exception):
    """The ask has ended by another way meanwhile, which has told whoever waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """Where an ask stands and what is to be done now. `attempt` is there when that is a call: its row is committed."""

    row: Exchange
    ask: Ask
    step: Step
    attempt: Attempt | None = None


def begin(profile: ConnectorProfile, exchange_id: UUID, *, may_call: bool) -> Begun | None:
    """Decide the next step and, if it is a call and `may_call`, store that it begins. None: the ask has ended."""
    with hospital(profile.hospital):
        found = _ASK_TRIED.first(id=exchange_id)
        if found is None:
            raise UnknownExchange
        row, tried = found
        if row.state not in _UNENDED:
            return None
        ask = Ask(
            request=decode_request(row.request),
            deadline=row.deadline,
            tried=_tried(exchange_id) if tried else [],
            told_unknown=row.told_unknown,
        )
        return _begun(profile, row, ask, may_call=may_call)


def conclude(
    profile: ConnectorProfile,
    begun: Begun,
    answer: Answer,
    wires: Sequence[Wire],
    *,
    actor: Actor,
    may_call: bool,
    end_in: Callable[[Unit], None] | None = None,
    told: bool = False,
) -> Begun | None:
    """Store what came of a call and begin what follows from it, in one transaction. None: the ask has ended.

    With the ask ends what it was delivered by, in the same transaction (`end_in`). An ask that has ended by another way
    meanwhile, which has `told` whoever waits, keeps what came of the call and is done once more without telling.
    """
    attempt, row = begun.attempt, begun.row
    if attempt is None or not isinstance(begun.step, Try):
        raise TypeError("only a call that was begun can be concluded")
    try:
        with work(profile.hospital, actor=actor) as unit:
            verdict = _verdict(begun.step.act, begun.ask.request, answer)
            unit.audit(
                "exchange.attempted",
                target=f"exchange:{row.id}",
                outcome="refused" if verdict.outcome is Outcome.REJECTED else "success",
                reason=verdict.reason,
                detail={"operation": row.operation, "attempt": attempt.number, "hub_number": row.hub_number},
            )
            row.attempts = attempt.number
            stored = [
                _attempt_ended(attempt, verdict, unit.now),
                *bodies.keeping(wires, exchange_id=row.id, attempt=attempt.number),
            ]
            if _ends(begun.step.act, verdict, is_command=Operation(row.operation).is_command):
                for write in stored:
                    unit.later(write)
                if not told:
                    _settle(unit, row, verdict)
                if end_in is not None:
                    end_in(unit)
                unit.relax()  # forgotten, it is a call without an answer, and the hospital is asked what became of it
                return None
            ask = _advance(row, begun, verdict, unit.now, stored)
            return _begun(profile, row, ask, may_call=may_call) if ask is not None else None
    except _Told:
        return conclude(profile, begun, answer, wires, actor=actor, may_call=may_call, end_in=end_in, told=True)


def settle(profile: ConnectorProfile, exchange_id: UUID, answer: Answer, *, actor: Actor) -> None:
    """End an ask without a call; one that has ended meanwhile stays as it is."""
    with suppress(_Told), work(profile.hospital, actor=actor) as unit:
        row = _exchange(exchange_id)
        _settle(unit, row, answer)
        unit.audit("exchange.ended", target=f"exchange:{row.id}", reason=answer.reason, detail={"state": row.state})


def tell_unknown(profile: ConnectorProfile, row: Exchange, *, actor: Actor) -> None:
    """Say once that the deadline passed and it is not known what became of the ask."""
    with work(profile.hospital, actor=actor) as unit:
        row.state, row.told_unknown = State.UNKNOWN, True
        if _TELL(row):
            _publish(unit, row, Outcome.UNKNOWN, Reason(row.reason or Reason.TIME_OUT))
        unit.audit("exchange.overdue", target=f"exchange:{row.id}", reason=row.reason)


def _exchange(exchange_id: UUID) -> Exchange:
    row = _ASK.first(id=exchange_id)
    if row is None:
        raise UnknownExchange
    return row


def with_archive(request: Request, his_patient_id: str) -> Request:
    """The request, its patient's archive known now."""
    if not isinstance(request, LockNumber | Register):
        raise TypeError(f"{type(request).__name__} has no patient to prepare")
    return replace(request, patient=replace(request.patient, his_id=his_patient_id))


def _begun(profile: ConnectorProfile, row: Exchange, ask: Ask, *, may_call: bool) -> Begun:
    now = clock.now()
    step = next_step(ask, profile, now)
    if not (isinstance(step, Try) and may_call):
        return Begun(row=row, ask=ask, step=step)
    attempt = Attempt(
        exchange_id=row.id,
        number=len(ask.tried) + 1,
        purpose=step.act,
        trace_id=ids.uuid7().hex,
        started_at=now,
    )
    _BEGIN_ATTEMPT(attempt)
    return Begun(row=row, ask=ask, step=step, attempt=attempt)


def _verdict(act: Act, request: Request, answer: Answer) -> Answer:
    """What an attempt says about the ask itself: a check says what became of the call."""
    if act is not Act.CHECK or answer.outcome is not Outcome.ACCEPTED:
        return answer
    checked = answer.expect(OutcomeChecked)
    if checked.found is Found.DONE and checked.result is not None:
        return Answer.accepted(checked.result, text=answer.text, code=answer.code)
    if checked.found is Found.DONE:
        return Answer.unknown(Reason.INCOMPLETE, text="done, but without its result")
    if checked.found is Found.ABSENT:
        return Answer.rejected(Reason.NOT_DONE, text=answer.text, code=answer.code)
    undone = Reason.LOCK_EXPIRED if isinstance(request, LockNumber) else Reason.CLOSED
    return Answer.rejected(undone, text=answer.text, code=answer.code)


def _ends(act: Act, verdict: Answer, *, is_command: bool) -> bool:
    if act is Act.CHECK:  # ABSENT is for the decisions to weigh; a check that failed says nothing
        return verdict.outcome is Outcome.ACCEPTED or verdict.reason in _UNDONE
    if verdict.outcome is Outcome.REJECTED:
        return not verdict.reason.passing
    return verdict.outcome is Outcome.ACCEPTED and (act is Act.CALL or not is_command)


def _advance(row: Exchange, begun: Begun, verdict: Answer, now: datetime, stored: Sequence[Write]) -> Ask | None:
    """The ask after an attempt that did not end it; None when it has ended by another way meanwhile."""
    step, attempt, request = begun.step, begun.attempt, begun.ask.request
    assert isinstance(step, Try)
    assert attempt is not None
    if step.act is Act.PREPARE and verdict.outcome is Outcome.ACCEPTED:
        request = with_archive(request, verdict.expect(PatientCreated).his_patient_id)
        row.request = encode(request)
        goes_on = _PREPARED
    else:
        row.reason = verdict.reason
        if step.act is Act.CALL and verdict.outcome is Outcome.UNKNOWN and Operation(row.operation).is_command:
            row.state = State.UNKNOWN
        goes_on = _GO_ON
    alive = together(*stored, goes_on.write(row))[-1] == 1
    done = Tried(
        act=step.act,
        started=attempt.started_at,
        ended=now,
        outcome=verdict.outcome,
        reason=verdict.reason,
        sent=verdict.sent,
    )
    return replace(begun.ask, request=request, tried=[*begun.ask.tried, done]) if alive else None


def _settle(unit: Unit, row: Exchange, answer: Answer) -> None:
    """End the ask and tell whoever waits for it; the unit ends with _Told when it has ended meanwhile."""
    row.state = State.ACCEPTED if answer.outcome is Outcome.ACCEPTED else State.REJECTED
    row.reason, row.his_code, row.his_text = answer.reason, answer.code[:64], answer.text
    row.answer, row.ended_at = encode(answer), unit.now
    unit.later(_END.write(row), then=_ended_here)
    _publish(unit, row, answer.outcome, answer.reason)


def _ended_here(rows: int) -> None:
    if rows != 1:
        raise _Told


def _publish(unit: Unit, row: Exchange, outcome: Outcome, reason: Reason) -> None:
    if row.announce:
        unit.publish(
            ExchangeAnswered(
                hospital=unit.scope,
                exchange_id=row.id,
                operation=Operation(row.operation),
                outcome=outcome,
                reason=reason,
                correlation=row.correlation,
            )
        )


def _attempt_ended(attempt: Attempt, verdict: Answer, now: datetime) -> Write:
    return _END_ATTEMPT.write(
        exchange=attempt.exchange_id,
        number=attempt.number,
        ended=now,
        ms=max(0, round((now - attempt.started_at).total_seconds() * 1000)),
        outcome=verdict.outcome,
        reason=verdict.reason,
        sent=verdict.sent,
    )


def _tried(exchange_id: UUID) -> list[Tried]:
    return [
        Tried(
            act=Act(row.purpose),
            started=row.started_at,
            ended=row.ended_at,
            outcome=Outcome(row.outcome) if row.outcome else None,
            reason=Reason(row.reason),
            sent=row.sent,
        )
        for row in _ATTEMPTS.all(exchange=exchange_id)
    ]

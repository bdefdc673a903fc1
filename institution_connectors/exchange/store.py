"""The message store: what the pipeline reads and writes between its calls, each in a short transaction."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from hub import clock, ids
from hub.actor import Actor
from hub.tenancy.scope import hospital
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
from institution_connectors.exchange.events import ExchangeAnswered
from institution_connectors.exchange.models import Attempt, Exchange, Message, State
from institution_connectors.runtime.decisions import Act, Ask, Settle, Step, TellUnknown, Tried, Try, next_step

_ENDED = (State.ACCEPTED, State.REJECTED)
_UNDONE = (Reason.CLOSED, Reason.LOCK_EXPIRED)
_HEAD_LIMIT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What is to be done now; when it is an attempt, its row is committed already."""

    step: Step | None
    exchange_id: UUID
    request: Request | None = None
    number: int = 0
    trace_id: str = ""


def begin(profile: ConnectorProfile, exchange_id: UUID, *, may_call: bool) -> Begun:
    """Decide the next step and, if it is an attempt and `may_call`, store that it begins. None: the ask has ended."""
    with hospital(profile.hospital):
        row = Exchange.objects.select_for_update().get(id=exchange_id)
        if row.state in _ENDED:
            return Begun(step=None, exchange_id=exchange_id)
        request, now = decode_request(row.request), clock.now()
        tried = _tried(exchange_id) if row.attempts else []
        ask = Ask(request=request, deadline=row.deadline, tried=tried, told_unknown=row.told_unknown)
        step = next_step(ask, profile, now)
        if not (isinstance(step, Try) and may_call):
            return Begun(step=step, exchange_id=exchange_id, request=request)
        attempt = Attempt(
            exchange_id=exchange_id,
            number=row.attempts + 1,
            purpose=step.act,
            trace_id=ids.uuid7().hex,
            started_at=now,
        )
        attempt.save(force_insert=True)
        Exchange.objects.filter(id=exchange_id).update(attempts=attempt.number)
        return Begun(
            step=step, exchange_id=exchange_id, request=request, number=attempt.number, trace_id=attempt.trace_id
        )


def conclude(profile: ConnectorProfile, begun: Begun, answer: Answer, wires: Sequence[Wire], *, actor: Actor) -> None:
    """Store what came of an attempt: its end, its bytes and, when that ends the ask, the answer and its event."""
    with work(profile.hospital, actor=actor) as unit:
        row = Exchange.objects.select_for_update().get(id=begun.exchange_id)
        verdict = _verdict(begun, answer)
        _end_attempt(begun, verdict, unit.now)
        _keep(wires, exchange_id=begun.exchange_id, attempt=begun.number)
        if row.state not in _ENDED:
            _advance(unit, row, begun, verdict)
        unit.audit(
            "exchange.attempted",
            target=f"exchange:{begun.exchange_id}",
            outcome="success" if verdict.outcome is not Outcome.REJECTED else "refused",
            reason=verdict.reason,
            detail={"operation": row.operation, "attempt": begun.number, "hub_number": row.hub_number},
        )


def conclude_step(profile: ConnectorProfile, begun: Begun, *, actor: Actor) -> None:
    """Store a step that needs no call: an end, or the word that the deadline passed in doubt."""
    with work(profile.hospital, actor=actor) as unit:
        row = Exchange.objects.select_for_update().get(id=begun.exchange_id)
        if row.state in _ENDED:
            return
        if isinstance(begun.step, Settle):
            _settle(unit, row, begun.step.answer)
        elif isinstance(begun.step, TellUnknown):
            row.state, row.told_unknown = State.UNKNOWN, True
            row.save(update_fields=["state", "told_unknown"])
            _publish(unit, row, Outcome.UNKNOWN, Reason(row.reason or Reason.TIME_OUT))
        unit.audit("exchange.ended", target=f"exchange:{row.id}", reason=row.reason, detail={"state": row.state})


def keep_inbound(wire: Wire, inbound_id: UUID) -> None:
    """Store the bytes of a message of the hospital, in the open unit."""
    Message.objects.bulk_create([_message(wire, exchange_id=None, inbound_id=inbound_id, attempt=0)])


def body_text(body: bytes) -> tuple[str, bool]:
    """Bytes as storable text, and whether they had to be written in Base64."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True
    return text, False


def _verdict(begun: Begun, answer: Answer) -> Answer:
    """What an attempt says about the ask itself: a check says what became of the call."""
    if not isinstance(begun.step, Try) or begun.step.act is not Act.CHECK or answer.outcome is not Outcome.ACCEPTED:
        return answer
    checked = answer.expect(OutcomeChecked)
    if checked.found is Found.DONE and checked.result is not None:
        return Answer.accepted(checked.result, text=answer.text, code=answer.code)
    if checked.found is Found.DONE:
        return Answer.unknown(Reason.INCOMPLETE, text="done, but without its result")
    if checked.found is Found.ABSENT:
        return Answer.rejected(Reason.NOT_DONE, text=answer.text, code=answer.code)
    undone = Reason.LOCK_EXPIRED if isinstance(begun.request, LockNumber) else Reason.CLOSED
    return Answer.rejected(undone, text=answer.text, code=answer.code)


def _advance(unit: Unit, row: Exchange, begun: Begun, verdict: Answer) -> None:
    """Where the ask stands after an attempt."""
    act = begun.step.act if isinstance(begun.step, Try) else Act.CALL
    if act is Act.PREPARE and verdict.outcome is Outcome.ACCEPTED:
        row.request = encode(with_archive(begun.request, verdict.expect(PatientCreated).his_patient_id))
        row.save(update_fields=["request"])
        return
    if _ends(act, verdict, is_command=Operation(row.operation).is_command):
        _settle(unit, row, verdict)
        return
    row.reason = verdict.reason
    if act is Act.CALL and verdict.outcome is Outcome.UNKNOWN and Operation(row.operation).is_command:
        row.state = State.UNKNOWN
    row.save(update_fields=["reason", "state"])


def _ends(act: Act, verdict: Answer, *, is_command: bool) -> bool:
    if act is Act.CHECK:  # ABSENT is for the decisions to weigh; a check that failed says nothing
        return verdict.outcome is Outcome.ACCEPTED or verdict.reason in _UNDONE
    if verdict.outcome is Outcome.REJECTED:
        return not verdict.reason.passing
    return verdict.outcome is Outcome.ACCEPTED if act is Act.CALL or not is_command else False


def with_archive(request: Request | None, his_patient_id: str) -> Request:
    """The request, its patient's archive known now."""
    if not isinstance(request, LockNumber | Register):
        raise TypeError(f"{type(request).__name__} has no patient to prepare")
    return replace(request, patient=replace(request.patient, his_id=his_patient_id))


def _settle(unit: Unit, row: Exchange, answer: Answer) -> None:
    row.state = State.ACCEPTED if answer.outcome is Outcome.ACCEPTED else State.REJECTED
    row.reason, row.his_code, row.his_text = answer.reason, answer.code[:64], answer.text
    row.answer, row.ended_at = encode(answer), unit.now
    row.save(update_fields=["state", "reason", "his_code", "his_text", "answer", "ended_at"])
    _publish(unit, row, answer.outcome, answer.reason)


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


def _end_attempt(begun: Begun, verdict: Answer, now: datetime) -> None:
    attempt = Attempt.objects.get(exchange_id=begun.exchange_id, number=begun.number)
    attempt.ended_at = now
    attempt.duration_ms = max(0, round((now - attempt.started_at).total_seconds() * 1000))
    attempt.outcome, attempt.reason, attempt.sent = verdict.outcome, verdict.reason, verdict.sent
    attempt.save(update_fields=["ended_at", "duration_ms", "outcome", "reason", "sent"])


def _keep(wires: Sequence[Wire], *, exchange_id: UUID, attempt: int) -> None:
    Message.objects.bulk_create(
        [_message(wire, exchange_id=exchange_id, inbound_id=None, attempt=attempt) for wire in wires]
    )


def _message(wire: Wire, **of: Any) -> Message:
    text, encoded = body_text(wire.body)
    return Message(
        **of,
        direction=wire.direction,
        at=wire.at,
        content_type=wire.content_type[:_HEAD_LIMIT],
        head=dict(wire.head),
        size=len(wire.body),
        base64=encoded,
        body=text,
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
        for row in Attempt.objects.filter(exchange_id=exchange_id).order_by("number")
    ]

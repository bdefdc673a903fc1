"""What to do next about an ask: pure, from what is stored of it.

The rules of his-integration F1 to F3 and of the three outcomes:
- a read may be repeated, at most three calls;
- a command that may have reached the hospital is asked after before anything else happens to it;
- "absent" is believed for good only when it was said long enough after the sending: a slow hospital may still be at it;
- after the deadline nothing new is sent; what may have been done is asked after without end, slower and slower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from institution_connectors.contracts import (
    Answer,
    Command,
    ConnectorProfile,
    LockNumber,
    Operation,
    Outcome,
    Reason,
    Register,
    Request,
)

GRACE = timedelta(seconds=20)
READ_CALLS = 3
_PAUSES = (0.3, 1.0, 3.0, 8.0, 20.0, 60.0)


class Act(StrEnum):
    """Kinds of attempts."""

    CALL = "call"
    PREPARE = "prepare"
    CHECK = "check"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """An attempt so far. `ended` is None when the process died under it."""

    act: Act
    started: datetime
    ended: datetime | None
    outcome: Outcome | None
    reason: Reason
    sent: bool

    @property
    def in_doubt(self) -> bool:
        """Whether the hospital may have acted on it without our knowing."""
        return self.sent and (self.ended is None or self.outcome is Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """An ask as stored."""

    request: Request
    deadline: datetime
    tried: Sequence[Tried]
    told_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Try:
    """Make this attempt now."""

    act: Act


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing before `seconds` have passed; `why` is for the log."""

    seconds: float
    why: str


@dataclass(frozen=True, slots=True)
class Settle:
    """It ended, with this answer."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class TellUnknown:
    """The deadline passed in doubt: say so, once."""


Step = Try | Wait | Settle | TellUnknown


def next_step(ask: Ask, profile: ConnectorProfile, now: datetime) -> Step:
    """What to do about `ask` now."""
    if not profile.can(ask.request.operation):
        return Settle(Answer.rejected(Reason.NOT_SUPPORTED, sent=False))
    if not isinstance(ask.request, Command):
        return _read(ask, now)
    calls = [tried for tried in ask.tried if tried.act is Act.CALL]
    if calls and calls[-1].in_doubt:
        return _in_doubt(ask, calls, profile, now)
    return _send(ask, calls, profile, now)


def needs_archive(request: Request, profile: ConnectorProfile) -> bool:
    """Whether the hospital has to make sure of the patient's archive first."""
    return (
        isinstance(request, LockNumber | Register)
        and not request.patient.his_id
        and profile.can(Operation.CREATE_PATIENT)
    )


def _read(ask: Ask, now: datetime) -> Step:
    last = ask.tried[-1] if ask.tried else None
    if last is not None and len(ask.tried) >= READ_CALLS:
        return Settle(Answer.rejected(last.reason if last.ended else Reason.CONNECTION_LOST))
    if now >= ask.deadline:
        return Settle(Answer.rejected(last.reason if last is not None and last.ended else Reason.EXPIRED, sent=False))
    return _after_pause(Act.CALL, last, len(ask.tried), now)


def _send(ask: Ask, calls: Sequence[Tried], profile: ConnectorProfile, now: datetime) -> Step:
    last = ask.tried[-1] if ask.tried else None
    if now >= ask.deadline:
        known = last.reason if last is not None and last.ended and last.reason.passing else Reason.EXPIRED
        return Settle(Answer.rejected(known, sent=False))
    act = Act.PREPARE if needs_archive(ask.request, profile) else Act.CALL
    failed = len(calls) if act is Act.CALL else len(ask.tried)
    return _after_pause(act, last if failed else None, failed, now)


def _in_doubt(ask: Ask, calls: Sequence[Tried], profile: ConnectorProfile, now: datetime) -> Step:
    sent = calls[-1]
    checks = [tried for tried in ask.tried if tried.act is Act.CHECK and tried.started >= sent.started]
    absent = bool(checks) and checks[-1].reason is Reason.NOT_DONE
    if now >= ask.deadline and not ask.told_unknown:
        return TellUnknown()
    if not profile.can(Operation.CHECK_OUTCOME):
        return _repeat_instead(ask, calls, profile, now)
    if not absent:
        return _after_pause(Act.CHECK, checks[-1] if checks else sent, len(checks) or 1, now)
    if checks[-1].started - sent.started >= GRACE:
        return Settle(Answer.rejected(Reason.NOT_DONE)) if now >= ask.deadline else Try(Act.CALL)
    if profile.options.idempotent and now < ask.deadline:
        return _after_pause(Act.CALL, checks[-1], len(calls), now)
    quiet = (sent.started + GRACE - now).total_seconds()
    return Wait(quiet, "absent, but said too early to be final") if quiet > 0 else Try(Act.CHECK)


def _repeat_instead(ask: Ask, calls: Sequence[Tried], profile: ConnectorProfile, now: datetime) -> Step:
    """A hospital that can't be asked after, but repeats its first answer: sending again is the asking."""
    if profile.options.idempotent and now < ask.deadline:
        return _after_pause(Act.CALL, calls[-1], len(calls), now)
    return Wait(_PAUSES[-1], "in doubt, and the hospital can't be asked after")


def _after_pause(act: Act, last: Tried | None, failed: int, now: datetime) -> Step:
    """`act`, once the pause after the last failure is over; the first attempt has none."""
    if last is None:
        return Try(act)
    pause = timedelta(seconds=_PAUSES[min(max(failed, 1), len(_PAUSES)) - 1])
    remaining = ((last.ended or last.started) + pause - now).total_seconds()
    return Wait(remaining, f"pause before {act}") if remaining > 0 else Try(act)

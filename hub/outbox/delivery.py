"""Running one claimed row: where its handler runs, how a repeat is recognised, what its failure means.

A handler in another schema than its event is preceded, in the handler's own transaction, by an inbox row; one in the
same schema by the end of the outbox row itself. Either way the handler's writes and the mark that it ran commit
together, so a crash at any instant leads to one run that counts.
"""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import Error as DatabaseError

from hub import clock
from hub.actor import system_actor
from hub.journal.world import World, world_of
from hub.outbox import policy, rows
from hub.outbox.events import Delivery, Event, Permanent, RunsIn, Subscription, Temporary, hospital_of, subscription
from hub.tenancy.context import letting_go
from hub.tenancy.errors import HospitalClosed
from hub.tenancy.scope import REGION
from hub.work import Unit, work

logger = logging.getLogger(__name__)

_WHILE_CLOSED = 5.0  # seconds between looks at a hospital that is being restored
_SPARE = timedelta(seconds=5)  # of a lease, for storing the answer of an outside call


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed and whether it is worth another."""

    error: str
    permanent: bool
    temporary: bool
    retry_after: float | None


@dataclass(frozen=True, slots=True)
class Result:
    """The end of one attempt; `settled` means that the row was finished in the handler's own transaction."""

    row: rows.Claimed
    failure: Failure | None
    settled: bool = False


def attempt(source: str, row: rows.Claimed, *, worker: UUID) -> Result:
    """Run the row's handler; every failure of the handler is caught and described."""
    try:
        wanted = subscription(row.handler)
        event = wanted.event.from_payload(row.payload)
        if wanted.runs_in is RunsIn.OUTSIDE:
            with letting_go():
                wanted.call(event, _delivery(source, row))
            return Result(row, None)
        if wanted.runs_in is RunsIn.BETWEEN:
            wanted.call(event, _delivery(source, row))
            return Result(row, None)
        settled = _run_inside(source, row, wanted, event, worker=worker)
    except Exception as problem:
        failure = _described(problem)
        logger.log(
            logging.INFO if failure.temporary else logging.ERROR,
            "delivery failed",
            extra={"handler": row.handler, "scope": source, "attempt": row.attempt, "failure": failure.error},
            exc_info=None if failure.temporary or failure.permanent else problem,
        )
        return Result(row, failure)
    return Result(row, None, settled)


def _run_inside(source: str, row: rows.Claimed, wanted: Subscription, event: Event, *, worker: UUID) -> bool:
    target = REGION if wanted.runs_in is RunsIn.REGION else hospital_of(row.payload) or row.hospital
    actor = dataclasses.replace(system_actor(row.handler), request_id=row.request_id)
    with work(target, actor=actor) as unit:
        first = _end_here if target == source else _enter_inbox
        if first(unit, source, row, worker):
            wanted.call(event, unit)
    return target == source


def _end_here(unit: Unit, _source: str, row: rows.Claimed, worker: UUID) -> bool:
    return bool(unit.bookkeep(rows.finish_statement(unit.world), [unit.now, row.id, worker]))


def _enter_inbox(unit: Unit, source: str, row: rows.Claimed, _worker: UUID) -> bool:
    entry = [source, row.incarnation, row.event_id, row.handler, unit.now]
    return bool(unit.bookkeep(rows.inbox_statement(unit.world), entry))


def conclude(source: str, results: list[Result], *, worker: UUID) -> list[datetime]:
    """Store the ends of attempts in the source's open transaction; returns when failed ones are due again."""
    world, now = world_of(source), clock.now()
    delivered = [result.row.id for result in results if result.failure is None and not result.settled]
    if delivered:
        rows.finish(world, delivered, worker=worker, now=now)
    retries = [_send_back(world, result.row, result.failure, worker, now) for result in results if result.failure]
    return [retry for retry in retries if retry is not None]


def _send_back(world: World, row: rows.Claimed, failure: Failure, worker: UUID, now: datetime) -> datetime | None:
    dead = failure.permanent or row.attempt >= policy.attempts_allowed(temporary=failure.temporary)
    available = now if dead else now + policy.backoff(row.attempt, at_least=failure.retry_after)
    rows.fail(
        world,
        row,
        worker=worker,
        now=now,
        available=available,
        error=failure.error,
        permanent=failure.permanent,
        dead=dead,
    )
    if dead:
        logger.error("dead letter: outbox row %s", row.id, extra={"handler": row.handler, "attempt": row.attempt})
    return None if dead else available


def _delivery(source: str, row: rows.Claimed) -> Delivery:
    return Delivery(event_id=row.event_id, source=source, attempt=row.attempt, deadline=row.lease_until - _SPARE)


def _described(problem: Exception) -> Failure:
    retry_after = problem.retry_after if isinstance(problem, Temporary) else None
    if isinstance(problem, HospitalClosed):
        retry_after = _WHILE_CLOSED
    return Failure(
        error=_text(problem),
        permanent=isinstance(problem, Permanent),
        temporary=isinstance(problem, Temporary | HospitalClosed),
        retry_after=retry_after,
    )


def _text(problem: Exception) -> str:
    """A failure without personal data: a database error's text quotes rows, so only code and constraint are kept."""
    if isinstance(problem, DatabaseError):
        diagnosis = getattr(problem.__cause__, "diag", None)
        code, constraint = getattr(diagnosis, "sqlstate", None), getattr(diagnosis, "constraint_name", None)
        return f"{type(problem).__name__} {code or ''} {constraint or ''}".strip()
    return f"{type(problem).__name__}: {problem}"[:500]

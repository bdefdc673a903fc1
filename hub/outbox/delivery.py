"""Running one claimed row: where its handler runs, how a repeat is recognised, what its failure means.

The mark that a handler ran is an inbox row where it writes another schema than its event's, else the end of the outbox
row itself. Either way the handler's writes and the mark commit together, so a crash at any instant leads to one run
that counts.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import Error as DatabaseError

from hub import clock
from hub.actor import system_actor
from hub.journal.world import World, incarnation_of, world_of
from hub.outbox import policy, rows
from hub.outbox.events import Delivery, Event, Permanent, RunsIn, Subscription, Temporary, hospital_of, subscription
from hub.outbox.models import Lane
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
    """The end of one attempt; `settled` means that the row was finished in the handler's own transaction, `followed`
    that another row had waited for that."""

    row: rows.Claimed
    failure: Failure | None
    settled: bool = False
    followed: bool = False


def attempt(source: str, row: rows.Claimed, *, worker: UUID) -> Result:
    """Run the row's handler; every failure of the handler is caught and described."""
    try:
        wanted = subscription(row.handler)
        event = wanted.event.from_payload(row.payload)
        if wanted.runs_in in {RunsIn.OUTSIDE, RunsIn.BETWEEN}:
            ending = _Ending(source, row, worker, wanted.lane)
            with letting_go() if wanted.runs_in is RunsIn.OUTSIDE else nullcontext():
                wanted.call(event, ending.delivery())
            return Result(row, None, settled=ending.settled, followed=ending.followed)
        return _run_inside(source, row, wanted, event, worker=worker)
    except Exception as problem:
        failure = _described(problem)
        logger.log(
            logging.INFO if failure.temporary else logging.ERROR,
            "delivery failed",
            extra={"handler": row.handler, "scope": source, "attempt": row.attempt, "failure": failure.error},
            exc_info=None if failure.temporary or failure.permanent else problem,
        )
        return Result(row, failure)


class _Overtaken(Exception):
    """Somebody else has run the row meanwhile; what we did is undone."""


def _run_inside(source: str, row: rows.Claimed, wanted: Subscription, event: Event, *, worker: UUID) -> Result:
    """Run a handler in its unit of work, whose last statement also marks the row as run.

    A row that may have been run before is marked first and run only then: its handler need not understand a world in
    which its work is done already.
    """
    target = REGION if wanted.runs_in is RunsIn.REGION else hospital_of(row.payload) or row.hospital
    actor = dataclasses.replace(system_actor(row.handler), request_id=row.request_id)
    is_own, followed = target == source, False

    def marked(found: bool | None) -> None:
        nonlocal followed
        if found is None:
            raise _Overtaken
        followed = found and is_own

    try:
        with work(target, actor=actor) as unit:
            mark = rows.finishing(unit.world, row, worker=worker) if is_own else rows.receiving(unit.world, source, row)
            if row.attempt == 1 and row.incarnation == incarnation_of(source):
                unit.end_with(mark, marked)
            else:
                found = unit.bookkeep(mark.sql, {**mark.parameters, "now": unit.now})
                marked(found[0][0] if found else None)
            wanted.call(event, unit)
    except _Overtaken:
        logger.info("delivered by another meanwhile", extra={"handler": row.handler, "scope": source})
    return Result(row, None, settled=is_own, followed=followed)


@dataclass(frozen=True, slots=True)
class Concluded:
    """When failed attempts are due again, and whether other rows have waited for the delivered ones."""

    retries: list[datetime]
    followed: bool


def conclude(source: str, results: Sequence[Result], *, worker: UUID) -> Concluded:
    """Store the ends of attempts in the source's open transaction."""
    world, now = world_of(source), clock.now()
    delivered = [result.row.id for result in results if result.failure is None and not result.settled]
    followed = rows.finish(world, delivered, worker=worker, now=now) if delivered else False
    retries = [_send_back(world, result.row, result.failure, worker, now) for result in results if result.failure]
    return Concluded([retry for retry in retries if retry is not None], followed)


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


@dataclass(slots=True)
class _Ending:
    """The end of a delivery whose handler opens its own units of work, and may store that end in one of them."""

    source: str
    row: rows.Claimed
    worker: UUID
    lane: Lane
    settled: bool = False
    followed: bool = False

    def delivery(self) -> Delivery:
        return Delivery(
            event_id=self.row.event_id,
            source=self.source,
            attempt=self.row.attempt,
            deadline=self.row.lease_until - _SPARE,
            end_in=self.end_in,
        )

    def end_in(self, unit: Unit) -> None:
        if unit.scope != self.source:
            raise ValueError(f"a delivery from {self.source} can't end in {unit.scope}")
        if self.lane.calls_outside:
            mark = rows.finishing_call(unit.world, self.row, self.lane, worker=self.worker)
        else:
            mark = rows.finishing(unit.world, self.row, worker=self.worker)
        unit.end_with(mark, self._ended)

    def _ended(self, found: bool | None) -> None:
        self.followed, self.settled = bool(found), True


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

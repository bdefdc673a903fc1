"""The unit of work: one scope, one transaction, and everything a write owes besides its rows.

    with work(REGION, actor=actor) as unit:
        claim = unit.claim(command, reference=str(booking_id))
        ...rows...
        unit.audit("booking.created", target=f"booking:{booking_id}")
        unit.publish(BookingCreated(...))

Rows, audit entry, event and answer commit together or not at all; the relay is woken after the commit. A unit that
wrote and recorded nothing is refused: no audit, no act (kernel decisions 3, 4, 7).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from django.db import IntegrityError, connections
from psycopg.sql import Composable

from hub import clock, ids
from hub.actor import Actor
from hub.audit import entries
from hub.idempotency.claims import Claim, Command, actor_key, claim
from hub.journal.flush import Answer, Ending, Lease, NewDelivery, statement
from hub.journal.world import incarnation_of, open_scope, world_of
from hub.outbox import onward, wake
from hub.outbox.events import Event, hospital_of, subscriptions_of
from hub.outbox.hands import Hands
from hub.outbox.models import Lane
from hub.outbox.policy import calls_at_once
from hub.outbox.rows import Claimed, may_count
from hub.sse import topics
from hub.tenancy import registry
from hub.tenancy.backend.base import DatabaseWrapper
from hub.tenancy.context import current_scope
from hub.tenancy.scope import REGION
from hub.tenancy.statements import Write, together

_WRITES = re.compile(
    r"\s*(?:INSERT|UPDATE|DELETE|MERGE|COPY|TRUNCATE|WITH\b.*\b(?:INSERT|UPDATE|DELETE)\b)", re.I | re.S
)


class AuditMissing(RuntimeError):
    """A unit of work wrote rows or published an event and recorded no audit entry; it was rolled back."""


@dataclass(frozen=True, slots=True)
class _Later:
    """A write that has not been sent, who wants to know how many rows it wrote, and what a refusal of it means."""

    write: Write
    then: Callable[[int], None] | None
    refusal: Callable[[IntegrityError], Exception | None] | None


class Unit:
    """What an open unit of work offers; made by `work()` only."""

    def __init__(self, scope: str, actor: Actor) -> None:
        self.scope = scope
        self.actor = actor
        self.now = clock.now()
        self.world = world_of(scope)
        self.institution = staff_of() or actor.institution or ""
        self._audits: list[dict[str, Any]] = []
        self._deliveries: list[NewDelivery] = []
        self._answers: list[Answer] = []
        self._kept: list[Claimed] = []
        self._call: Claimed | None = None
        self._reserved: Hands | None = None  # whose thread is to make the call
        self._told: set[tuple[str, str]] = set()
        self._later: list[_Later] = []
        self._ending: tuple[Ending, Callable[[bool | None], None]] | None = None
        self._relaxed = False
        self._wrote = False
        self._bookkeeping = False

    def claim(self, command: Command, *, reference: str = "") -> Claim:
        """Claim the command's key, or learn what its first bearer made and answered.

        `reference` names what a new command is about to make, so that a repeat after a crash goes on with it.
        """
        found = claim(
            self.bookkeep,
            self.world.command,
            actor=self.actor,
            institution=self.institution,
            command=command,
            reference=reference,
            now=self.now,
        )
        self._wrote = self._wrote or found.new
        return found

    def answer(self, command: Command, response: dict[str, Any]) -> None:
        """Store the command's answer when the unit commits; its key was claimed by this unit or an earlier one."""
        self._answers.append(
            Answer(
                institution=self.institution,
                actor=actor_key(self.actor),
                name=command.name,
                key=command.key,
                response=response,
            )
        )

    def audit(
        self,
        action: str,
        *,
        target: str,
        outcome: str = entries.SUCCESS,
        reason: str = "",
        detail: Mapping[str, Any] | None = None,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        """Record an act: `detail` holds ids and masked values, `before` and `after` are kept as digests only."""
        entry = entries.Entry(
            action=action,
            target=target,
            outcome=outcome,
            reason=reason,
            detail=detail or {},
            before=before,
            after=after,
        )
        self._audits.append(
            entries.row_of(entry, actor=self.actor, scope=self.scope, institution=self.institution, at=self.now)
        )

    def publish(self, event: Event) -> None:
        """Write one outbox row per subscribed handler when the unit commits."""
        self._wrote = True
        event_id, payload = ids.uuid7(), event.to_payload()
        for subscription in subscriptions_of(type(event)):
            self._deliveries.append(
                NewDelivery(
                    event_id=event_id,
                    name=event.NAME,
                    version=event.VERSION,
                    handler=subscription.name,
                    aggregate=event.aggregate,
                    hospital=hospital_of(payload) or (self.institution if self.scope == REGION else self.scope),
                    incarnation=incarnation_of(self.scope),
                    lane=subscription.lane,
                    payload=payload,
                    request_id=self.actor.request_id,
                    created_at=self.now,
                )
            )

    def tell(self, topic: str, event: str) -> None:
        """Tell the pages that listen to `topic` after the commit, once a unit; a lost word costs them a slow look."""
        self._told.add((topic, event))

    def end_with(self, ending: Ending, then: Callable[[bool | None], None]) -> None:
        """Send a last statement along with what the unit leaves behind; `then` is told what it returned, None for no
        row, and may still raise to undo everything."""
        self._ending = ending, then

    def later(
        self,
        write: Write,
        *,
        then: Callable[[int], None] | None = None,
        refusal: Callable[[IntegrityError], Exception | None] | None = None,
    ) -> None:
        """Write with the next message that goes to the server: along with what the unit leaves behind, or before
        whatever statement the unit runs first. So every statement sees what it would see had this been sent at once,
        and a write costs no message of its own.

        Writes that travel together do not see each other's rows; two to one table are therefore sent one after the
        other. `then` is told how many rows were written and may raise; `refusal` says what a broken constraint means,
        None if it is not this write's: it is raised where the unit ends.
        """
        self._wrote = True
        if any(pending.write.table == write.table for pending in self._later):
            self._send_later()
        self._later.append(_Later(write, then, refusal))

    def relax(self) -> None:
        """Let the commit not wait for the disk: for what a server that crashes may forget, since it is found again, and
        whose consequences are all in this schema, so that none is kept that it has forgotten (ADR 0305)."""
        self._relaxed = True

    def bookkeep(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run a statement on the journal's own tables; it does not count as a write that owes an audit entry."""
        self._bookkeeping = True
        try:
            with cast(DatabaseWrapper, connections[self.world.alias]).planning_cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            self._bookkeeping = False

    def watch(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Django's execute wrapper: sends first what was to be written later, and notes that the unit wrote rows."""
        if self._later:
            self._send_later()
        if not self._bookkeeping and not self._wrote:
            text = sql.as_string(None) if isinstance(sql, Composable) else sql
            self._wrote = _WRITES.match(text) is not None
        return execute(sql, params, many, context)

    def _send_later(self) -> None:
        pending, self._later = self._later, []
        with _refused_as(pending):
            counts = together(*(one.write for one in pending))
        _tell(pending, counts)

    def settle(self) -> None:
        """Write what is owed; the last thing in the transaction."""
        if self._wrote and not self._audits:
            raise AuditMissing(f"a unit of work of {self.actor.name} in {self.scope} wrote and recorded no audit entry")
        ending, then = self._ending or (None, None)
        if not (self._audits or self._deliveries or self._answers or ending):
            return
        pending, self._later = self._later, []
        line = onward.line()
        lease = line.lease_at(clock.now(), cap=self._may_hand_over(line.hands)) if line is not None else None
        sql, parameters = statement(
            self.world,
            audits=self._audits,
            deliveries=self._deliveries,
            answers=self._answers,
            now=self.now,
            lease=lease,
            ending=ending,
            writes=[one.write for one in pending],
            relaxed=self._relaxed,
        )
        with _refused_as(pending):
            [(answered, kept, found, *counts)] = self.bookkeep(sql, parameters)
        _tell(pending, counts)
        if answered != len(self._answers):
            raise LookupError(f"an answer was given to a command nobody claimed in {self.scope}")
        if then is not None:
            then(found)
        if lease is not None:
            self._keep(kept or [], lease)

    def _keep(self, kept: Sequence[tuple[int, str, str]], lease: Lease) -> None:
        published = {(str(delivery.event_id), delivery.handler): delivery for delivery in self._deliveries}
        for row_id, event_id, handler in kept:
            delivery = published[event_id, handler]
            row = Claimed.just_published(delivery, row_id, lease)
            if delivery.lane == Lane.INTERNAL:
                self._kept.append(row)
            else:
                self._call = row

    def _may_hand_over(self, hands: Hands | None) -> int | None:
        """How many calls may be under way for one of this unit's to begin at once; None if it has none, or no thread
        is free to make it, or others count just now."""
        called = {row.hospital for row in self._deliveries if row.lane == Lane.OUTSIDE}
        if called != {self.scope} or hands is None or not hands.reserve():
            return None
        self._reserved = hands
        cap = calls_at_once(registry.tenant(self.scope), Lane.OUTSIDE)
        return cap if may_count(self.world, self.scope) else None

    def let_go(self) -> None:
        """Give back the thread that was reserved for a call, if there is none to make."""
        reserved, self._reserved = self._reserved, None
        if reserved is not None:
            reserved.offer()

    def go_on(self) -> None:
        """After the commit: hand the relay's threads what they keep for themselves, and wake others for the rest; a
        lost word costs one sweep's delay."""
        line, leased, handed = onward.line(), list(self._kept), None
        if line is not None:
            line.add(self.scope, self._kept)
        if self._call is not None and self._reserved is not None:
            leased.append(self._call)
            handed = self._reserved.give(self.scope, self._call)
            self._reserved = None
        self.let_go()
        kept = {(row.event_id, row.handler) for row in leased}
        lanes = {row.lane for row in self._deliveries if (row.event_id, row.handler) not in kept}
        wake.rouse(self.scope, lanes=lanes, seal=bool(self._audits))
        for topic, event in self._told:
            topics.tell(topic, event)
        if handed is not None:
            handed.after_you()


@contextmanager
def _refused_as(pending: Sequence[_Later]) -> Iterator[None]:
    """What a broken constraint means to whoever wrote."""
    try:
        yield
    except IntegrityError as problem:
        for one in pending:
            meant = one.refusal(problem) if one.refusal else None
            if meant is not None:
                raise meant from problem
        raise


def _tell(pending: Sequence[_Later], counts: Sequence[int]) -> None:
    for one, count in zip(pending, counts, strict=False):  # after them may stand what nobody waits for
        if one.then is not None:
            one.then(int(count))


def staff_of() -> str | None:
    """The hospital whose staff's rights the open scope is limited to, if any."""
    scope = current_scope()
    return scope.staff_of if scope else None


@contextmanager
def work(scope: str, *, actor: Actor) -> Iterator[Unit]:
    """Open the scope (REGION or a hospital's code) as one transaction and keep its journal."""
    unit: Unit | None = None
    try:
        with open_scope(scope):
            unit = Unit(scope, actor)
            with connections[unit.world.alias].execute_wrapper(unit.watch):
                yield unit
                unit.settle()
    except BaseException:
        if unit is not None:
            unit.let_go()
        raise
    unit.go_on()


__all__ = ["AuditMissing", "Claim", "Command", "Unit", "work"]

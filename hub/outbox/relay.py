"""The relay: the executor of all deliveries, and the sealer of audits, as threads of one process.

Any number of relays work together: leases in the rows keep them apart, Redis hands each waiting scope to one of them.
Each lane has threads of its own; a thread waits for a scope, takes one turn with it and puts it back behind the others
if more is due. `drain()` does the same turns in the caller's thread, for tests and drills.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.db import Error as DatabaseError

from hub import garbage, ids
from hub.audit import chain
from hub.errors import HubError
from hub.journal.world import all_scopes
from hub.observability import heartbeat, metrics
from hub.outbox import housekeeping, sweep, turn, wake
from hub.outbox.hands import Hands
from hub.outbox.metrics import forget_queues
from hub.outbox.models import Lane
from hub.outbox.policy import LanePolicy, lane_policy
from hub.outbox.wakes import Alarm, Serves, Wakes
from hub.running import faults
from hub.tenancy import turnstile
from hub.tenancy.errors import HospitalClosed, UnknownHospital

logger = logging.getLogger(__name__)

_PAUSE = 1.0  # after a failure of the database itself, and between two rounds of the sealer
_GRACE = 25.0  # how long a stopping relay waits for handlers that run
# Seconds a thread computes before another may. A delivery waits on the database some twenty times and begs for its turn
# after each; at Python's 5 ms a neighbour that computes would add most of what a delivery takes.
_SWITCH = 0.0005


@dataclass(slots=True)
class Drained:
    """What a drain did."""

    delivered: int = 0
    failed: int = 0
    dead: int = 0


def drain(*, outside: bool = True, max_rounds: int = 200) -> Drained:
    """Run every due delivery of all worlds in this thread, scope by scope in turn, until a round finds none.

    A failed delivery is due again only after its pause, so a drain ends although it failed.
    """
    done, worker = Drained(), ids.uuid7()
    policies = [lane_policy(lane) for lane in Lane if outside or lane is Lane.INTERNAL]
    for _ in range(max_rounds):
        turns = [turn.take(scope, policy, worker=worker) for scope in all_scopes() for policy in policies]
        done.delivered += sum(one.delivered for one in turns)
        done.failed += sum(one.failed for one in turns)
        done.dead += sum(one.dead for one in turns)
        if not any(one.claimed for one in turns):
            return done
    raise RuntimeError(f"deliveries are still due after {max_rounds} rounds")


def share_one_processor() -> None:
    """Settle this process for many threads that all wait for short answers (ADR 1141): the relay's own, no other's."""
    turnstile.limit(settings.HUB_RELAY["at_once"])
    sys.setswitchinterval(_SWITCH)
    garbage.look_seldom()


class Relay:
    """One relay process; `run()` returns after `stop()`."""

    def __init__(self) -> None:
        self.worker = ids.uuid7()
        self._stop = threading.Event()
        self._wakes = Wakes()
        self._hands = Hands(lane_policy(Lane.OUTSIDE).lease)
        self._alarm = Alarm(self._wakes.put)

    def stop(self) -> None:
        """Finish what runs, give back what has not begun, and end."""
        self._stop.set()

    def run(self) -> None:
        """Work until told to stop."""
        metrics.serve()
        threads = [
            threading.Thread(target=partial(self._serve, policy, number), name=f"{policy.lane}-{number}", daemon=True)
            for policy in map(lane_policy, Lane)
            for number in range(policy.threads)
        ]
        threads += [
            threading.Thread(target=self._lend_a_hand, name=f"hand-{number}", daemon=True)
            for number in range(settings.HUB_RELAY["hands"])
        ]
        threads += [
            threading.Thread(target=target, name=name, daemon=True)
            for name, target in {
                "alarm": partial(self._alarm.run, self._stop),
                "sweeper": partial(self._repeat, self._sweep, settings.HUB_RELAY["sweep"] / 2),
                "sealer": partial(self._repeat, self._seal, _PAUSE),
                "housekeeper": partial(self._repeat, housekeeping.run_if_due, 60.0),
            }.items()
        ]
        for thread in threads:
            thread.start()
        logger.info("relay %s runs with %s threads", self.worker, len(threads))
        self._stop.wait()
        end = time.monotonic() + _GRACE
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        logger.info("relay %s has stopped", self.worker)

    def _serve(self, policy: LanePolicy, number: int) -> None:
        client, serves = wake.blocking_client(), Serves.of_thread(number, policy.lane)
        if policy.lane is Lane.BULK:
            turnstile.stand_back()
        while not self._stop.is_set():
            scope = self._wakes.take(policy.lane, client, serves)
            if scope is None:
                continue
            if self._stop.is_set():
                self._wakes.put(scope, policy.lane)
                return
            again = partial(self._wakes.put, scope, policy.lane)
            take = partial(turn.take, scope, policy, on_more=again)
            self._take_turn(scope, policy.lane, take)

    def _lend_a_hand(self) -> None:
        self._hands.offer()
        while True:
            given = self._hands.wait(_PAUSE)
            if given is not None:
                self._take_turn(given.scope, Lane.OUTSIDE, partial(turn.take_over, given.scope, given.row))
                given.done.set()
                self._hands.offer()
            elif self._stop.is_set() and self._hands.reserve():
                return  # nobody counts on this thread any more

    def _take_turn(self, scope: str, lane: Lane, take: Callable[..., turn.Turn]) -> None:
        try:
            took = take(worker=self.worker, stopping=self._stop.is_set, hands=self._hands)
        except (UnknownHospital, HospitalClosed):
            return  # it left, it is being restored, or the word is of another installation's
        except Exception as problem:  # a thread of the relay outlives whatever happens in a turn
            expected = isinstance(problem, DatabaseError | HubError)
            logger.warning(
                "a turn failed, its rows come back with their lease",
                extra={"scope": scope, "failure": type(problem).__name__},
                exc_info=None if expected else problem,
            )
            self._stop.wait(_PAUSE)
            self._wakes.put(scope, lane)
            return
        finally:
            turn.put_back_connections()
        for more, woken in took.more:
            self._wakes.put(more, woken)
        for when, failed, its_lane in took.retries:
            self._alarm.at(when, failed, its_lane)

    def _sweep(self) -> None:
        heartbeat.beat("relay")
        faults.take_in()
        # Relays share the sweeps; at half the interval, one that dies in the middle delays a schema by one interval.
        if wake.lead("sweep", settings.HUB_RELAY["sweep"] / 2):
            unsealed = sweep.sweep(self._wakes.put)
            for scope in unsealed:
                self._seal_scope(scope)
        else:
            forget_queues()

    def _seal(self) -> None:
        for scope in wake.take_all(wake.SEAL):
            self._seal_scope(scope)

    def _seal_scope(self, scope: str) -> None:
        try:
            chain.seal_pending(scope)
        except (DatabaseError, HubError) as problem:  # such as another sealer's seal; the next sweep sees to the rest
            logger.info("sealing is left to the next round", extra={"scope": scope, "failure": type(problem).__name__})

    def _repeat(self, job: Callable[[], None], seconds: float) -> None:
        while not self._stop.is_set():
            try:
                job()
            except Exception:  # as above: without its sweeper and sealer the relay would be half dead
                logger.exception("a job of the relay failed and is tried again")
            finally:
                turn.put_back_connections()
            self._stop.wait(seconds)

"""The process: a loop that takes what is due and visits it, some hospitals at a time, until told to stop."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from django.conf import settings
from django.db import connections

from hub import clock
from hub.accounts.services.synthetic import access_token
from hub.observability.heartbeat import beat
from hub.synthetic import person_at
from hub.tenancy.context import letting_go
from hub.tenancy.scope import region
from regional_services.booking import selectors as bookings
from regional_services.synthetic import metrics, selectors, services
from regional_services.synthetic.plans import plan_for
from regional_services.synthetic.visit import Resident

log = logging.getLogger(__name__)
HEARTBEAT = "synthetic"
LOOK_SECONDS = 1.0
KEEP_UP_SECONDS = 30.0


def visit_hospital(code: str) -> bool:
    """One visit, from what the last one left to its stored result; whether it went well."""
    started_at, plan, token = clock.now(), plan_for(code), access_token()
    with region(read_only=True):
        left = [view.id for view in bookings.unfinished_of_person(person_at(code))]
    resident = Resident(settings.HUB_SYNTHETIC["origin"], token, patience=settings.HUB_SYNTHETIC["patience"])
    try:
        visit = resident.go(plan, left)
    finally:
        resident.close()
    services.record(visit, started_at=started_at)
    metrics.note(visit)
    return visit.failed is None


class Runner:
    """The loop of one process."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._threads = int(settings.HUB_SYNTHETIC["threads"])
        self._running: set[Future[None]] = set()

    def stop(self) -> None:
        """End after the visits that are under way."""
        self._ended.set()

    def run(self) -> None:
        """Until `stop`. A database or Redis that is away is waited for."""
        kept_up = 0.0
        with ThreadPoolExecutor(self._threads, "visit") as pool:
            while not self._ended.is_set():
                try:
                    if time.monotonic() - kept_up > KEEP_UP_SECONDS:
                        services.keep_up()
                        self._forget_paused()
                        kept_up = time.monotonic()
                    self._begin(pool)
                    beat(HEARTBEAT)
                    metrics.ROUND.set_to_current_time()
                except Exception:
                    log.exception("the synthetic resident could not look for what is due")
                self._ended.wait(LOOK_SECONDS)
        connections.close_all()

    def _begin(self, pool: ThreadPoolExecutor) -> None:
        self._running = {future for future in self._running if not future.done()}
        idle = self._threads - len(self._running)
        for code in services.claim_due(idle) if idle else ():
            self._running.add(pool.submit(_guarded, code))

    def _forget_paused(self) -> None:
        for state in selectors.states().values():
            if state.paused_at:
                metrics.forget(state.institution_code)


def _guarded(code: str) -> None:
    try:
        with letting_go():  # a visit waits on the network: meanwhile its connection serves another
            visit_hospital(code)
    except Exception:
        log.exception("a visit broke off", extra={"hospital": code})
    finally:
        connections.close_all()

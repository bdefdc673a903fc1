"""A rolling update while people work: new processes come, old ones are told to end, nobody notices (JA-OPS-10).

As the chart does it: the new web is ready before the old one is taken out of the service, then the old one gets
SIGTERM. Here it gets it as soon as nobody new is sent there (the chart waits five seconds), amid three bookings.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import mean
from subprocess import Popen
from types import MappingProxyType
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from hub.embedded import processes
from hub.observability import heartbeat
from hub.running.tasks import alive
from hub.security.roles import Role
from hub.tenancy.scope import region
from regional_services.booking.models import Booking, State
from regional_services.notifications.models import Message
from tenants.scheduling.selectors import NumberView
from tests.booking import world
from tests.booking.world import Resident
from tests.crash.conftest import StartRelay, eventually, exit_code
from tests.harness.environment import ROOT
from tests.harness.outside import HOST, free_port
from tests.portal.desks import desk_of
from tests.security.matrix.examples import resident_token

RESIDENTS, BOOKINGS = 3, 60
PAGES = ("/hospitals", "/hospitals/alpha", "/healthz")
ERRANDS = 12
BIN = Path(sys.executable).parent
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "hub.settings",
    "HUB_DB_POOL": "4",
    "HUB_RATES": "auth.code=1200/300,auth.token=1200/300,public=12000/2000,default=12000/2000",
}


@dataclass
class Service:
    """What stands before the web processes: where requests go now, and what became of each."""

    address: str
    asked: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    under_way: Counter[str] = field(default_factory=Counter)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def send(
        self,
        method: str,
        path: str,
        *,
        host: str = "localhost",
        headers: Mapping[str, str] = MappingProxyType({}),
        json: Mapping[str, str] | None = None,
    ) -> None:
        """One request of somebody; a refusal, a cut line and a long wait are all remembered."""
        with self.guard:
            address, began = self.address, time.monotonic()
            self.under_way[address] += 1
        try:
            answer = httpx.request(
                method,
                address + path,
                headers={"Host": host, **headers},
                json=json,
                timeout=20,
                trust_env=False,
            )
        except httpx.HTTPError as problem:
            self.wrong.append(f"{method} {path}: {problem!r}")
            return
        finally:
            with self.guard:
                self.under_way[address] -= 1
        self.seconds.append(time.monotonic() - began)
        self.asked[address] += 1
        if answer.status_code not in (200, 201):
            self.wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")


@contextmanager
def web(log: Path) -> Iterator[tuple[str, Popen[str]]]:
    """A web process as the chart starts it, ready for visitors."""
    port = free_port()
    command = [
        str(BIN / "granian"), "--interface", "wsgi", "hub.wsgi:application", "--host", HOST, "--port", str(port),
        "--workers", "1", "--blocking-threads", "4", "--no-ws", "--workers-kill-timeout", "10",
    ]  # fmt: skip
    with running(command, log) as process:
        address = f"http://{HOST}:{port}"
        eventually(lambda: is_ready(address), seconds=150)
        yield address, process


@contextmanager
def worker(log: Path) -> Iterator[Popen[str]]:
    """A worker of the queue `jobs`."""
    command = [
        sys.executable, "-m", "celery", "-A", "hub.celery", "worker", "--queues=jobs", "--concurrency=1",
        "--without-mingle", "--without-gossip",
    ]  # fmt: skip
    with running(command, log) as process:
        yield process


@contextmanager
def running(command: list[str], log: Path) -> Iterator[Popen[str]]:
    process = processes.spawn(command, log=log, env={**os.environ, **ENVIRONMENT}, cwd=ROOT)
    try:
        yield process
    finally:
        processes.stop(process, patience=0.1)


def is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz", headers={"Host": "localhost"}, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def held_up(bookings: int) -> Iterator[None]:
    """So many bookings have begun and can't go on until the end of the block."""
    with psycopg.connect(os.environ["HUB_OWNER_DATABASE_URL"]) as session:
        session.execute("LOCK TABLE public.booking IN SHARE MODE")

        def waiting() -> bool:
            asked = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'public.booking'::regclass"
            return session.execute(asked).fetchone() == (bookings,)

        eventually(waiting)
        yield


def book(service: Service, who: Resident, token: str, session: UUID, number: NumberView) -> None:
    wish = {
        "institution": "alpha",
        "person_id": str(who.person_id),
        "session_id": str(session),
        "number_id": str(number.id),
        "starts_at": number.start.isoformat(),
        "ends_at": number.end.isoformat(),
    }
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid4().hex}
    service.send("POST", "/api/resident/v1/bookings", json=wish, headers=headers)


@dataclass
class Crowd:
    """Residents who book, and read meanwhile; a doctor who looks at his queue. `go`: the second half may book."""

    service: Service
    session: UUID
    wishes: list[tuple[Resident, str, NumberView]]
    doctor: str
    go: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._parts = [self.wishes[start::RESIDENTS] for start in range(RESIDENTS)]
        work = [threading.Thread(target=self._book, args=(part,), daemon=True) for part in self._parts]
        self.residents, self._doctor = work, threading.Thread(target=self._look, daemon=True)
        for person in (*work, self._doctor):
            person.start()

    def _book(self, wishes: list[tuple[Resident, str, NumberView]]) -> None:
        pages = cycle(PAGES)
        for turn, (who, token, number) in enumerate(wishes):
            while turn == len(wishes) // 2 and not (self.go.is_set() or self.ended.is_set()):
                self.service.send("GET", next(pages))
            book(self.service, who, token, self.session, number)

    def _look(self) -> None:
        cookie = {"Cookie": f"sessionid={self.doctor}"}
        while not self.ended.is_set():
            self.service.send("GET", "/workspace/queues", host="alpha.localhost", headers=cookie)

    def finish(self) -> None:
        """Everybody has booked; the doctor goes home."""
        for person in self.residents:
            person.join(60)
        self.ended.set()
        self._doctor.join(20)


@pytest.mark.slow
@pytest.mark.requirement("JA-OPS-10")
def test_people_work_on_while_every_process_is_replaced(alpha: str, start_relay: StartRelay, tmp_path: Path) -> None:
    session = world.open_for_booking(alpha, BOOKINGS, fee_fen=0)
    numbers = world.free_numbers(alpha, session)
    people = [world.resident() for _ in numbers]
    wishes = [(who, resident_token(who), number) for who, number in zip(people, numbers, strict=True)]
    doctor = desk_of(Role.DOCTOR, hospital=alpha).cookies["sessionid"].value
    old_relay = start_relay()
    with web(tmp_path / "old.log") as (old, old_web), worker(tmp_path / "old-worker.log") as old_worker:
        for errand in range(ERRANDS):
            alive.apply_async(args=[f"update{errand}"], queue="jobs")
        crowd = Crowd(Service(old), session, wishes, doctor)
        service = crowd.service
        try:
            eventually(lambda: service.asked[old] >= 12 and done(0), seconds=150)
            start_relay()
            with web(tmp_path / "new.log") as (new, _), worker(tmp_path / "new-worker.log"):
                crowd.go.set()
                with held_up(RESIDENTS):
                    with service.guard:
                        service.address = new
                    eventually(lambda: service.under_way[old] == RESIDENTS)  # nobody else is sent there any more
                    for process in (old_web, old_worker, old_relay):
                        process.terminate()
                    time.sleep(0.5)
                    assert old_web.poll() is None, "it ends when they have their answers"
                assert (old_web.wait(20), old_worker.wait(20), exit_code(old_relay)) == (0, 0, 0)
                crowd.finish()
                eventually(lambda: all(done(errand) for errand in range(ERRANDS)))
                eventually(lambda: booked(people) == BOOKINGS)
        finally:
            crowd.ended.set()
    assert service.wrong == []
    assert service.asked[new] >= BOOKINGS // 3
    assert mean(service.seconds) <= 3, "JA-PERF-02"
    assert max(service.seconds) <= 10, "JA-PERF-03"
    eventually(lambda: told() == Counter(who.actor.id for who in people))
    assert world.free_numbers(alpha, session) == []


def told() -> Counter[UUID]:
    """How often each account was told that it has booked."""
    with region(read_only=True):
        return Counter(Message.objects.filter(kind="booking.booked").values_list("account_id", flat=True))


def done(errand: int) -> bool:
    return heartbeat.age(f"worker.update{errand}") is not None


def booked(people: list[Resident]) -> int:
    with region(read_only=True):
        rows = Booking.objects.filter(person_id__in=[who.person_id for who in people], state=State.BOOKED)
        return rows.count()

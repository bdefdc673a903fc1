"""The hospital's job: takes requests out of the exchange database, has the books work on them, answers; and the road
by which the hub reaches that database, which can be cut and closed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sandbox.app import Site, TcpSite
from sandbox.his.exchange_db import requests
from sandbox.his.exchange_db.database import Database, News, Trouble
from sandbox.his.exchange_db.publishing import Publisher
from sandbox.his.hospital import Hospital

log = logging.getLogger("sandbox.his")
T = TypeVar("T")
_BRISK, _IDLE, _BRISK_FOR = 0.015, 0.25, 3.0
_BEAT_SECONDS = 5.0
_RETRY_SECONDS = 2.0


def sites(hospital: Hospital) -> list[Site]:
    """The road to the database, and the job."""
    place = hospital.options["database"]
    database = Database(
        str(place["url"]),
        schema=str(place.get("schema", f"his_{hospital.code}")),
        account=str(place.get("account", f"hub_at_{hospital.code}")),
        password=hospital.secret.decode(),
        disguise=str(place.get("disguise", "")),
    )
    road = Road(f"his-{hospital.code}", database, hospital)
    return [road, Job(hospital, database, road)]  # a server is there before the jobs that work on it


class Road(TcpSite):
    """Everything the hub says to the database passes here; `cut` breaks all of its connections."""

    def __init__(self, name: str, database: Database, hospital: Hospital) -> None:
        super().__init__(name, self._pass_on, hospital.host, hospital.port)
        self._database = database

    def cut(self) -> None:
        """Break what is open."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, there = await asyncio.open_connection(self._database.host, self._database.port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pipe(reader, there))
                both.create_task(_pipe(back, writer))
        except* (ConnectionError, asyncio.IncompleteReadError):
            log.debug("%s: the line broke", self.name)
        finally:
            there.transport.abort()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.close()


class Job:
    """Runs while the hospital is up; what it had taken when it went down it takes again."""

    def __init__(self, hospital: Hospital, database: Database, road: Road) -> None:
        self.name = f"job-{hospital.code}"
        self._hospital, self._database, self._road = hospital, database, road
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=self.name)
        self._publisher = Publisher(hospital)
        self._order = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._skew = 0
        self._busy_until = self._beaten_at = 0.0
        hospital.board.settle = self.publish

    async def start(self) -> None:
        """Open the database, bring it into step with the books, begin."""
        if self._task is None:
            await self._in_thread(self._database.open)
            await self._in_thread(self._database.retake)
            await self.publish()
            self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """Leave everything where it is."""
        if self._task is None:
            return
        task, self._task = self._task, None
        for one in (task, *self._work):
            one.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await self._in_thread(self._database.close)

    async def publish(self) -> None:
        """The views in step with the books, as soon as something was done to them."""
        if not self._open:
            return
        async with self._order:
            if news := self._publisher.news():
                await self._told(lambda: self._database.tell(news))
        skew = int(float(self._hospital.board.switches["clock_skew"].value or 0))
        if skew != self._skew:
            self._skew = skew
            await self._in_thread(lambda: self._database.skew(skew))

    @property
    def _open(self) -> bool:
        return self._database.is_open

    async def _run(self) -> None:
        while True:
            try:
                await self._round()
            except Trouble as problem:
                log.warning("%s: %s", self.name, problem)
                await asyncio.sleep(_RETRY_SECONDS)
                await self._in_thread(self._database.open)
            await asyncio.sleep(_BRISK if time.monotonic() < self._busy_until else _IDLE)

    async def _round(self) -> None:
        if time.monotonic() - self._beaten_at > _BEAT_SECONDS:
            await self._in_thread(self._database.beat)
            self._beaten_at = time.monotonic()
        await self.publish()
        taken, overdue = await self._in_thread(self._database.take)
        for row in taken:
            task = asyncio.create_task(self._serve(row))
            self._work.add(task)
            task.add_done_callback(self._work.discard)
        for row in overdue:
            key = {"request_no": row["request_no"], "attempt_no": row["attempt_no"], "flag": "1"}
            late = [({**key, "stored_no": row["request_no"], **requests.TOO_LATE}, "3")]
            await self._in_thread(lambda late=late: self._database.tell(News(), late))  # type: ignore[misc]
        if taken or overdue:
            self._busy_until = time.monotonic() + _BRISK_FOR

    async def _serve(self, row: Mapping[str, Any]) -> None:
        """One request: worked on by the books, its answer written with the views in step."""
        operation = str(row["business"])
        delivery = await self._hospital.handle(operation, requests.arguments(row))
        if delivery.hang:
            return
        if delivery.cut:
            self._road.cut()
            return
        limit = int(float(self._hospital.board.switches["truncate_numbers"].value or 28))
        answer = requests.answer(row, delivery, str(row["request_no"])[:limit])
        done = "2" if delivery.refusal is None else "3"
        if operation == "check_outcome" and answer.get("found") == "absent":
            await self._in_thread(lambda: self._database.never(str(row["check_request_no"])))
        async with self._order:
            news = self._publisher.news()
            more = requests.further(row, delivery)
            await self._told(lambda: self._database.tell(news, [(answer, done)], more))
        if delivery.twice:
            await self._in_thread(lambda: self._database.answer_again(answer))

    async def _told(self, write: Callable[[], None]) -> None:
        """Write what is news; what did not arrive is news again."""
        try:
            await self._in_thread(write)
        except Trouble:
            self._publisher.again()
            raise

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

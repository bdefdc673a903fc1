"""What goes on in a hospital by itself: new days, locks running out, window patients, messages to the hub."""

from __future__ import annotations

import asyncio
import logging
import random

from sandbox.his.actions import Actions
from sandbox.his.dialect import Dialect, NotTaken
from sandbox.his.hospital import Hospital

log = logging.getLogger("sandbox.his")


class Life:
    """The background of one hospital."""

    def __init__(self, hospital: Hospital, dialect: Dialect, actions: Actions) -> None:
        self._hospital, self._dialect, self._actions = hospital, dialect, actions
        self._windows = self._visits = 0.0

    async def run(self) -> None:
        """Every second: what time brings."""
        while True:
            await asyncio.sleep(1)
            self._new_days()
            self._locks()
            await self._window_patients(seconds=1)
            await self._doctors(seconds=1)

    def _new_days(self) -> None:
        new = self._hospital.engine.roll()
        for snapshot in new:
            self._hospital.tell("schedule_snapshot", snapshot)
        if new:
            self._hospital.store.backup_daily()

    def _locks(self) -> None:
        with self._hospital.store.work():
            for number in self._hospital.engine.desk.expire_locks():
                freed = {"schedule_code": number["schedule_code"], "number_code": number["code"]}
                self._hospital.tell("number_taken", {**freed, "sequence": number["sequence"], "free": True})

    async def _window_patients(self, seconds: float) -> None:
        self._windows += self._hospital.board.number("window_patients") * seconds / 60
        while self._windows >= 1:
            self._windows -= 1
            try:
                await self._actions.window_sale({})
            except ValueError:
                self._windows = 0

    async def _doctors(self, seconds: float) -> None:
        self._visits += self._hospital.board.number("visits") * seconds / 60
        while self._visits >= 1:
            self._visits -= 1
            if await self._actions.lead_on() is None:
                self._visits = 0

    async def push(self) -> None:
        """Deliver messages in order, again and again until the hub takes them."""
        deliver, pause = self._dialect.deliver, 0.5
        if deliver is None:
            return
        while True:
            self._hospital.wake.clear()
            try:
                for message in self._hospital.due_messages():
                    await deliver(self._hospital, message)
                    if self._hospital.board.take("duplicate", "push"):
                        await deliver(self._hospital, message)
                    self._hospital.delivered(message)
                    pause = 0.5
            except (TimeoutError, NotTaken, OSError) as problem:
                log.info("%s: the hub did not take a message: %s", self._hospital.code, problem)
                pause = min(pause * 2, 20)
                await asyncio.sleep(pause + random.random())
                continue
            if not self._hospital.due_messages(1):
                await self._hospital.wake.wait()

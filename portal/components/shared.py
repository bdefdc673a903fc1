"""A figure many screens ask for at once is computed once for all of them, and never from before it was asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
LONGEST_PAUSE = 0.5  # seconds


class Shared(Generic[T]):
    """Computes at the first question and answers everybody who asked before it began.

    Who asks while a computation runs waits for the next one: what was committed before the question is in the answer.
    Between two computations it pauses twice as long as the last one took, at most half a second: however many ask, a
    process spends a third of its time on them and an answer is late by no more than that pause.
    """

    def __init__(self, compute: Callable[[], T]) -> None:
        self._compute = compute
        self._turn = threading.Condition()
        self._begun = self._done = 0
        self._led = False
        self._value: T | None = None
        self._problem: Exception | None = None
        self._not_before = 0.0

    def value(self) -> T:
        """The figure as it is now; what computing raised is raised to all who waited for it."""
        with self._turn:
            wanted = self._begun + 1
            while self._done < wanted and self._led:
                self._turn.wait()
            if self._done >= wanted:
                return self._answer()
            self._led = True
        return self._lead()

    def _lead(self) -> T:
        time.sleep(max(0.0, self._not_before - time.monotonic()))
        with self._turn:
            self._begun += 1
        value, problem, begun = None, None, time.monotonic()
        try:
            value = self._compute()
        except Exception as raised:  # noqa: BLE001 - raised again to everybody who asked
            problem = raised
        ended = time.monotonic()
        with self._turn:
            self._value, self._problem = value, problem
            self._not_before = ended + min(LONGEST_PAUSE, 2 * (ended - begun))
            self._done, self._led = self._begun, False
            self._turn.notify_all()
            return self._answer()

    def _answer(self) -> T:
        if self._problem is not None:
            raise self._problem
        return self._value  # type: ignore[return-value]

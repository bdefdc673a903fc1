"""What many ask for at once is computed once, and never from before it was asked for."""

from __future__ import annotations

import threading
import time

import pytest

from portal.components.shared import Shared
from tests.harness.threads import in_threads


def test_many_who_ask_at_once_share_what_begins_after_they_asked() -> None:
    stood, computed = [0], list[int]()

    def compute() -> int:
        value = stood[0]
        time.sleep(0.05)
        computed.append(value)
        return value

    figure = Shared(compute)
    first = threading.Thread(target=figure.value)
    first.start()
    time.sleep(0.02)
    stood[0] = 1  # committed while the first look is under way
    assert in_threads(20, lambda _: figure.value()) == [1] * 20
    first.join()
    assert computed == [0, 1]


def test_a_failure_is_everybodys_and_the_next_question_tries_again() -> None:
    answers: list[int | Exception] = [ValueError("down"), 7]

    def compute() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    figure = Shared(compute)
    with pytest.raises(ValueError, match="down"):
        figure.value()
    assert figure.value() == 7

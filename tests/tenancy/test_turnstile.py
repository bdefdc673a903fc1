"""A process may let only a few of its threads into scopes at once; nobody waits for long, or with a connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.db import connections

from hub.tenancy import turnstile
from hub.tenancy.scope import hospital
from tests.harness.threads import in_threads

THREADS, PLACES = 6, 2


@pytest.fixture
def unlimited_afterwards() -> Iterator[None]:
    """The limit is the whole process's."""
    yield
    turnstile.limit(None)


def _most_at_once(code: str, *, before: Callable[[], None] = lambda: None) -> int:
    """How many of some threads were inside at the same time."""
    guard, inside, most = threading.Lock(), 0, 0

    def work(_number: int) -> None:
        nonlocal inside, most
        before()
        with hospital(code, read_only=True):
            with guard:
                inside += 1
                most = max(most, inside)
            time.sleep(0.05)
            with guard:
                inside -= 1
        connections["hospital"].close()

    in_threads(THREADS, work)
    return most


def test_a_few_at_a_time(alpha: str, unlimited_afterwards: None) -> None:
    turnstile.limit(PLACES)
    assert _most_at_once(alpha) == PLACES


def test_without_a_limit_they_are_all_inside(alpha: str) -> None:
    """The negative control: the threads do meet."""
    assert _most_at_once(alpha) > PLACES


def test_who_has_waited_long_enough_goes_in(
    alpha: str, unlimited_afterwards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long transactions in every place stop nobody, and the place not taken is not given back."""
    monkeypatch.setattr(turnstile, "PATIENCE", 0.05)
    turnstile.limit(1)
    with turnstile.passing():
        in_threads(2, lambda _: _read(alpha))
    assert _most_at_once(alpha) >= 1
    monkeypatch.setattr(turnstile, "PATIENCE", 5.0)
    assert _most_at_once(alpha) == 1


def test_who_stands_back_has_one_place_with_all_who_do(alpha: str, unlimited_afterwards: None) -> None:
    turnstile.limit(PLACES)
    assert _most_at_once(alpha, before=turnstile.stand_back) == 1
    assert _most_at_once(alpha) == PLACES, "the others are not held up, and places were given back"


def test_a_connection_is_given_back_with_the_place(alpha: str, unlimited_afterwards: None) -> None:
    turnstile.limit(PLACES)

    def kept(_number: int) -> bool:
        _read(alpha)
        return connections["hospital"].connection is not None

    assert in_threads(1, kept) == [False]


def _read(code: str) -> None:
    with hospital(code, read_only=True):
        pass

"""Many threads, two hospitals, few connections: nothing is ever carried from one to the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.db import ProgrammingError, connections

from hub.tenancy.names import role_name, schema_name
from hub.tenancy.scope import current_hospital, hospital
from tests.harness.threads import in_threads
from tests.tenancy.support import add_department, departments

THREADS = 12
ROUNDS = 25
OpenScope = Callable[[str], AbstractContextManager[object]]


def test_threads_behind_the_pool_never_mix_hospitals(alpha: str, beta: str) -> None:
    """Each thread changes between both hospitals and gives its connection back to the pool after each scope."""
    add_department(alpha, alpha)
    add_department(beta, beta)

    def work(number: int) -> list[tuple[str, list[str]]]:
        seen = []
        for turn in range(ROUNDS):
            code = (alpha, beta)[(number + turn) % 2]
            with hospital(code):
                seen.append((code, departments()))
            connections["hospital"].close()
        return seen

    seen = [entry for entries in in_threads(THREADS, work) for entry in entries]
    assert len(seen) == THREADS * ROUNDS
    assert all(rows == [code] for code, rows in seen)


def test_a_new_thread_starts_outside_and_may_open_another_hospital(alpha: str, beta: str) -> None:
    """A scope belongs to the thread that opened it."""
    add_department(alpha, alpha)
    add_department(beta, beta)

    def work(_number: int) -> tuple[str | None, list[str]]:
        before = current_hospital()
        with hospital(beta):
            return before, departments()

    with hospital(alpha):
        assert in_threads(2, work) == [(None, [beta]), (None, [beta])]
        assert departments() == [alpha]


@pytest.mark.race
def test_a_lost_scope_reads_nothing_behind_the_pool(alpha: str, beta: str) -> None:
    """Code that forgot its scope fails closed, whoever had the connection before."""
    assert _rows_read_without_a_scope(hospital, alpha, beta) == 0


@pytest.mark.race
def test_control_a_session_level_scope_leaks_through_the_pool(alpha: str, beta: str) -> None:
    """The same with role and path set on the session: a forgotten scope then reads another hospital's rows."""
    assert _rows_read_without_a_scope(_session_level, alpha, beta) > 0


@contextmanager
def _session_level(code: str) -> Iterator[None]:
    with connections["hospital"].cursor() as cursor:
        cursor.execute(
            "SELECT set_config('role', %s, false), set_config('search_path', %s, false)",
            [role_name(code), schema_name(code)],
        )
    yield


def _rows_read_without_a_scope(open_scope: OpenScope, *codes: str) -> int:
    """Every thread works in a scope and reads without one in turn, so that forgetting meets a connection just used."""
    for code in codes:
        add_department(code, code)

    def work(number: int) -> int:
        found = 0
        for turn in range(ROUNDS):
            if (number + turn) % 2:
                with open_scope(codes[turn % len(codes)]):
                    departments()
            else:
                try:
                    found += len(departments())
                except ProgrammingError as refusal:
                    assert "does not exist" in str(refusal)  # noqa: PT017 - both outcomes are counted
            connections["hospital"].close()
        return found

    return sum(in_threads(THREADS, work))

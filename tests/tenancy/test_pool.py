"""The pool gives a world back the connection it used last, and else the one unused longest."""

from __future__ import annotations

from django.db import connections

from hub.tenancy.backend.pool import mark, wanting
from hub.tenancy.scope import hospital
from tests.harness.threads import in_threads


def _server_process(code: str) -> int:
    with hospital(code, read_only=True), connections["hospital"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [(found,)] = cursor.fetchall()
    connections["hospital"].close()
    return int(found)


def test_a_hospital_gets_the_connection_that_served_it_last(alpha: str, beta: str) -> None:
    """However often both come in turn, each stays with a connection whose plans are its own."""

    def work(_number: int) -> tuple[set[int], set[int]]:
        # Two connections at least: the second is opened while the first is away.
        with hospital(alpha, read_only=True), connections["hospital"].cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            in_threads(1, lambda _: _server_process(beta))
        connections["hospital"].close()
        turns = [(_server_process(alpha), _server_process(beta), _server_process(beta)) for _ in range(6)]
        return {turn[0] for turn in turns}, {process for turn in turns for process in turn[1:]}

    [(first, second)] = in_threads(1, work)
    assert len(first) == len(second) == 1
    assert first != second


def test_a_newcomer_leaves_the_connection_used_last_alone(alpha: str, beta: str) -> None:
    """It takes the one unused longest: whoever comes often keeps what is planned for it."""

    def newcomer() -> int:
        connection, world = connections["hospital"], "a hospital that has not come yet"
        with wanting(world):
            connection.ensure_connection()
        mark(connection.connection, world)  # as a scope does: what the pool gave may have been alpha's in an older test
        process = connection.connection.info.backend_pid
        connection.close()
        return int(process)

    def work(_number: int) -> tuple[int, int, int]:
        with hospital(alpha, read_only=True), connections["hospital"].cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            in_threads(1, lambda _: _server_process(beta))
        connections["hospital"].close()
        return _server_process(alpha), newcomer(), _server_process(alpha)

    [(often, came, often_again)] = in_threads(1, work)
    assert often_again == often != came

"""Parts shared by the pages of queues: people with their names, the addresses pages listen to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub.sse import topics
from regional_services.waiting.handlers import hall_topic
from tenants.patients import selectors as patients
from tenants.patients.selectors import PatientView
from tenants.queueing.selectors import Board, Person


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody in a queue with his archive; pages mask it."""

    person: Person
    patient: PatientView | None


@dataclass(frozen=True, slots=True)
class NamedBoard:
    """A queue with its people's names."""

    board: Board
    active: list[Named]
    line: list[Named]
    missing: list[Named]
    away: list[Named]
    passed: list[Named]


def named(boards: Iterable[Board]) -> list[NamedBoard]:
    """The names of everybody on these boards, inside the hospital's scope. One query."""
    shown = list(boards)
    ids = [one.archive_id for board in shown for one in board.everybody if one.archive_id]
    known = patients.patients_of(ids)

    def add(people: Iterable[Person]) -> list[Named]:
        return [Named(one, known.get(one.archive_id) if one.archive_id else None) for one in people]

    return [
        NamedBoard(
            board,
            add(board.active),
            add(board.line),
            add(board.missing),
            add(board.away),
            add(board.passed),
        )
        for board in shown
    ]


def hall_address(code: str) -> str:
    """Where a hospital's desks and screens listen."""
    return topics.address(hall_topic(code))

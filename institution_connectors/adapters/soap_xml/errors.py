"""What ends a call early."""

from __future__ import annotations

from institution_connectors.contracts import Answer, Reason


class CallFailed(Exception):
    """The call ended without a usable answer; `answer` is what it means to the hub."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.outcome} {answer.reason}: {answer.text}")
        self.answer = answer


class Unreadable(ValueError):
    """A document of the hospital that is not what the dialect says; the text tells where, without personal data."""


class Incomplete(ValueError):
    """A successful answer without a fact its result needs (F3)."""


def unreadable(problem: Exception) -> CallFailed:
    """Something came back and can't be read: whether the request was carried out is unknown."""
    return CallFailed(Answer.unknown(Reason.UNREADABLE, text=str(problem)))

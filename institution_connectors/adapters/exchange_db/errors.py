"""What makes a row unusable, or a call fail."""

from __future__ import annotations

from institution_connectors.contracts import Answer


class Unreadable(ValueError):
    """A row that is not what the document says; the text tells where, without personal data."""


class Incomplete(ValueError):
    """A row or a list that lacks what its result needs (F3, F11)."""


class NotCarried(ValueError):
    """Something of the request that this hospital's columns can't hold (practice 3)."""


class CallFailed(Exception):
    """The call ended without a usable answer; `answer` is what that means to the hub."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.outcome} {answer.reason}: {answer.text}")
        self.answer = answer

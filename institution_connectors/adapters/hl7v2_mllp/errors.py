"""What can be wrong with a block or a message, each with the place at fault."""

from __future__ import annotations

from institution_connectors.contracts import Reason


class FramingError(ValueError):
    """The byte stream is not MLLP any more; the connection can't be trusted and is closed."""


class MessageRefused(ValueError):
    """A message this hub can't accept. `place` is a segment or field such as `PID-5`; `retry` tells AE from AR.

    `control_id` is the sender's MSH-10 where it could be read, so that even a refusal is correlated.
    """

    def __init__(self, place: str, reason: str, *, retry: bool = False, control_id: str = "") -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason
        self.retry = retry
        self.control_id = control_id


class ValueMissing(MessageRefused):
    """A segment or value is absent without which the message says nothing."""


class NotDelivered(ConnectionError):
    """No byte of the message reached the other side; asking again is safe."""


class AnswerLost(ConnectionError):
    """The message left, and no usable answer came: what the other side did is unknown. `received` is what did come."""

    def __init__(self, text: str, reason: Reason, received: bytes = b"") -> None:
        super().__init__(text)
        self.reason = reason
        self.received = received

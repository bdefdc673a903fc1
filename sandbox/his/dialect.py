"""What a dialect brings: ports that answer, and a way to tell the hub something."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sandbox.app import Site
from sandbox.his.hospital import Hospital, Message


@dataclass(frozen=True, slots=True)
class Dialect:
    """`sites` opens the hospital's ports: they take requests apart, call `hospital.handle` and render the `Delivery`.

    `deliver` sends one message to the hub and returns when the hub acknowledged it; it raises `NotTaken` or an
    `OSError` otherwise and is called again. None: this dialect is polled and tells nothing.
    """

    name: str
    sites: Callable[[Hospital], list[Site]]
    deliver: Callable[[Hospital, Message], Awaitable[None]] | None


class NotTaken(Exception):
    """The hub did not acknowledge a message."""

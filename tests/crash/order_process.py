"""Another life of the hub: a process that has seen nothing reads an order for a member of district staff."""

from __future__ import annotations

from multiprocessing.connection import Connection

import django

django.setup()

from hub.actor import Actor  # noqa: E402
from regional_services.booking.tracing import trace  # noqa: E402


def read(actor: Actor, number: str, answer: Connection) -> None:
    """Send the order and its history."""
    answer.send(trace(actor=actor, number=number))

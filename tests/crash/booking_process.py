"""A process that books and is killed by the kernel's own signal at a chosen instant."""

from __future__ import annotations

import django

django.setup()

from hub.actor import Actor  # noqa: E402
from hub.work import Command  # noqa: E402
from regional_services.booking.services import BookingWish, create_booking  # noqa: E402
from tests.crash.guillotine import Guillotine  # noqa: E402


def book(actor: Actor, wish: BookingWish, command: Command, die_at: int) -> None:
    """Book, unless SIGKILL comes first."""
    with Guillotine(die_at, kill=True).standing():
        create_booking(actor=actor, wish=wish, command=command)

"""What tests do inside a hub of their own, as processes: fill it, book on and on, look.

`fill N`: hospitals alpha and beta with N bookings each at alpha. `book N SECONDS`: book at alpha until N are made,
going on over every failure that says "later". `ids`: the bookings there are, one a line. `sweep`: what schedule and
relay do.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import django

django.setup()

import redis  # noqa: E402
from django.core.management import execute_from_command_line  # noqa: E402
from django.db import Error as DatabaseError  # noqa: E402

from hub.audit import anchors  # noqa: E402
from hub.errors import HubError  # noqa: E402
from hub.outbox.relay import drain  # noqa: E402
from hub.storage import objects  # noqa: E402
from hub.tenancy.keys import object_key  # noqa: E402
from regional_services.booking import services  # noqa: E402
from regional_services.booking.models import Booking  # noqa: E402
from tests.booking import world  # noqa: E402
from tests.scheduling.builders import session_id  # noqa: E402


def fill(count: str) -> None:
    """A small district: bookings that wait for their payment, so that there are orders; nobody outside is asked."""
    session = world.open_for_booking("alpha", int(count) + 40)
    for number in world.free_numbers("alpha", session)[: int(count)]:
        world.book("alpha", session, world.resident(), number)
    objects.put(object_key("alpha", "papers", "one"), b"a paper" * 1000, content_type="text/plain", owner="alpha")
    drain(outside=False)
    anchors.anchor()


def book(count: str, seconds: str) -> None:
    """Book until so many are made; says each, and each hindrance."""
    session, made, end = session_id("alpha"), 0, time.monotonic() + float(seconds)
    while made < int(count) and time.monotonic() < end:
        try:
            who = world.resident()
            booked = world.book("alpha", session, who)
            drain(outside=False)
        except (redis.RedisError, DatabaseError, HubError, OSError) as problem:
            print(f"hindered {type(problem).__name__}", flush=True)
            time.sleep(0.2)
        else:
            made += 1
            print(f"booked {booked.id}", flush=True)


def ids() -> None:
    """All bookings."""
    for booking_id in Booking.objects.order_by("id").values_list("id", flat=True):
        print(f"booking {booking_id}")


def sweep() -> None:
    """What schedule and relay do within a minute."""
    services.sweep()
    drain(outside=False)


def run(command: list[str]) -> None:
    """`inside ...` or a command of the hub."""
    if command[0] == "inside":
        _ACTS[command[1]](*command[2:])
    else:
        execute_from_command_line(["manage.py", *command])


_ACTS: dict[str, Callable[..., None]] = {"fill": fill, "book": book, "ids": ids, "sweep": sweep}

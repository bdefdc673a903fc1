"""A relay that knows the probes' handlers and can be told to die.

It is forked from a server process that has only imported this module: no connection, no thread, Django ready. At the
step it is given it kills itself with SIGKILL, as the kernel would: nothing is closed, nothing is flushed.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402

from hub.audit import chain  # noqa: E402
from hub.outbox import delivery, turn  # noqa: E402
from tests.journal import probes  # noqa: E402


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying_before(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def wrapper(*arguments: Any, **named: Any) -> Any:
        die()
        return call(*arguments, **named)

    return wrapper


def dying_after(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def wrapper(*arguments: Any, **named: Any) -> Any:
        call(*arguments, **named)
        die()

    return wrapper


def run(die_at: str, outside: str, sweep: int) -> None:
    """Be a relay until a signal comes, or until the step `die_at`; `outside` is a file that stands for the outside."""
    settings.HUB_RELAY["sweep"] = sweep
    probes._behaviours["ask"] = partial(write_outside, Path(outside), die_at)
    match die_at:
        case "claimed, nothing begun":
            turn._attempt = dying_before(turn._attempt)
        case "in the handler's transaction":
            probes._behaviours["knock"] = probes._behaviours["visit"] = die
        case "handled, end not stored":
            turn._store = dying_before(turn._store)
        case "in the transaction that stores the end":
            delivery.conclude = dying_after(delivery.conclude)
        case "end stored":
            turn._store = dying_after(turn._store)
        case "in the sealer's transaction":
            chain._insertion = dying_before(chain._insertion)
        case "sealed":
            chain._seal_batch = dying_after(chain._seal_batch)
    call_command("relay")


def write_outside(outside: Path, die_at: str, event: probes.Ask, delivery: Any) -> None:
    with outside.open("a") as file:
        file.write(f"{delivery.event_id} {delivery.attempt} {event.number}\n")
    if die_at == "after the outside was asked":
        die()

"""A relay that knows the probes' handlers and can be told to die: `python -m tests.crash.relay_process`.

`PROBE_DIE_AT` names the step at which it kills itself with SIGKILL, as a power cut or the kernel would: nothing is
closed, nothing is flushed. `PROBE_OUTSIDE` is a file that stands for the outside world.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from hub.audit import chain  # noqa: E402
from hub.outbox import rows, turn  # noqa: E402
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


def write_outside(event: probes.Ask, delivery: Any) -> None:
    with Path(os.environ["PROBE_OUTSIDE"]).open("a") as outside:
        outside.write(f"{delivery.event_id} {delivery.attempt} {event.number}\n")
    if os.environ.get("PROBE_DIE_AT") == "after the outside was asked":
        die()


def prepare(step: str) -> None:
    """Arrange to die at `step`; an empty one means to live."""
    match step:
        case "claimed, nothing begun":
            turn._attempt = dying_before(turn._attempt)
        case "in the handler's transaction":
            probes._behaviours["knock"] = probes._behaviours["visit"] = die
        case "handled, end not stored":
            turn._store = dying_before(turn._store)
        case "in the transaction that stores the end":
            rows.due = dying_before(rows.due)
        case "end stored":
            turn._store = dying_after(turn._store)
        case "in the sealer's transaction":
            chain._insertion = dying_before(chain._insertion)
        case "sealed":
            chain._seal_batch = dying_after(chain._seal_batch)


if __name__ == "__main__":
    if "PROBE_OUTSIDE" in os.environ:
        probes._behaviours["ask"] = write_outside
    prepare(os.environ.get("PROBE_DIE_AT", ""))
    call_command("relay")

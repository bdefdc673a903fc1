"""Catches every fault where all of them pass: the log. Web, workers, relay and listener log them in one way."""

from __future__ import annotations

import logging
import threading

from hub.observability import logs
from hub.running import faults

_inside = threading.local()
_log = logging.getLogger("hub.running")


class FaultHandler(logging.Handler):
    """Keeps the scene of every record that carries an exception; a fault while keeping one is only logged."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the scene of what this record tells of."""
        problem = record.exc_info[1] if record.exc_info else None
        if problem is None or getattr(_inside, "busy", False):
            return
        _inside.busy = True
        try:
            faults.keep(problem, told=record)
        except Exception as trouble:  # noqa: BLE001 - whoever logs must not fail for it; the line itself is written
            _log.error("the scene of a fault could not be kept", extra={"failure": type(trouble).__name__})
        finally:
            _inside.busy = False


logs.also(FaultHandler(level=logging.WARNING))

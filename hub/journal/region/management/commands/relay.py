"""Deliver events, seal audits, until told to stop (SIGTERM or Ctrl-C). Several may run, on one machine or many."""

from __future__ import annotations

import signal
import sys
from typing import Any

from django.core.management.base import BaseCommand

from hub.outbox.relay import Relay

# Seconds a thread computes before another may. A delivery waits on the database some twenty times and begs for its turn
# after each; at Python's 5 ms a neighbour that computes would add most of what a delivery takes.
_TURN = 0.0005


class Command(BaseCommand):
    """`relay`: one relay process."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run until a signal comes; what runs is finished first."""
        sys.setswitchinterval(_TURN)
        relay = Relay()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: relay.stop())
        relay.run()

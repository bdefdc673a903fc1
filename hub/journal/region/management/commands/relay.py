"""Deliver events, seal audits, until told to stop (SIGTERM or Ctrl-C). Several may run, on one machine or many."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand

from hub.outbox.relay import Relay, share_one_processor


class Command(BaseCommand):
    """`relay`: one relay process."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run until a signal comes; what runs is finished first."""
        share_one_processor()
        relay = Relay()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: relay.stop())
        relay.run()

"""Book and cancel at every hospital as a resident would, every ten minutes, until told to stop (SIGTERM, Ctrl-C)."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand

from hub.observability import metrics
from regional_services.synthetic.runner import Runner


class Command(BaseCommand):
    """`synthetic`: the synthetic resident as a process of its own."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run until a signal comes; visits under way are finished first."""
        runner = Runner()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: runner.stop())
        metrics.serve()
        runner.run()

"""Archive the write-ahead log: without end, or with `--once` up to this instant."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import CommandParser

from hub.recovery import cluster
from hub.recovery.commands import RecoveryCommand


class Command(RecoveryCommand):
    """`archive_wal [--once] [--every SECONDS]`."""

    help = __doc__
    needs_owner = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Once, or how often what was received is sealed."""
        super().add_arguments(parser)
        parser.add_argument("--once", action="store_true")
        parser.add_argument("--every", type=float, default=60.0)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Archive until told to stop."""
        if options["once"]:
            self.stdout.write(f"已归档到 {cluster.archive_until_now()}")
            return
        stopping = threading.Event()
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, lambda *_: stopping.set())
        cluster.archive_wal(report=self.stdout.write, every=options["every"], stopping=stopping.is_set)

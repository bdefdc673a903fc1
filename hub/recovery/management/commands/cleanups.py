"""List clean-ups, newest first; put one back; remove what was put aside and is past the policy's time."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from hub import clock
from hub.recovery import cleanups, selectors
from hub.recovery.commands import RecoveryCommand, backup_id, operator


class Command(RecoveryCommand):
    """`cleanups [--restore ID | --expire]`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do besides listing."""
        super().add_arguments(parser)
        parser.add_argument("--restore", help="number of the clean-up whose rows come back")
        parser.add_argument("--expire", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Restore or expire if asked, then list."""
        actor = operator(options["by"])
        if options["restore"]:
            back = cleanups.restore(backup_id(options["restore"]), actor=actor)
            self.stdout.write(f"写回 {back} 行")
        if options["expire"]:
            self.stdout.write(f"到期删除 {cleanups.expire(actor=actor)} 份")
        for row in selectors.cleanups(limit=50):
            self.stdout.write(
                f"{row.id} {clock.local(row.at):%Y-%m-%d %H:%M:%S} {row.name} {row.scope} {row.table}"
                f" {row.rows} 行 {row.state.label} 保留至 {row.keep_until or '-'} {row.reason}".rstrip()
            )

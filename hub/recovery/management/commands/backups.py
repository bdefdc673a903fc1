"""List the backups, newest first; `--prune` removes what is past its time, `--rescan` writes lost records anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from hub import clock
from hub.recovery import cluster, records, selectors
from hub.recovery.commands import RecoveryCommand, operator


class Command(RecoveryCommand):
    """`backups [--prune | --rescan]`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do besides listing."""
        super().add_arguments(parser)
        parser.add_argument("--prune", action="store_true")
        parser.add_argument("--rescan", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Tidy up if asked, then list."""
        actor = operator(options["by"])
        if options["rescan"]:
            self.stdout.write(f"补写记录 {records.rescan(actor=actor)} 份")
        if options["prune"]:
            self.stdout.write(f"到期删除 {len(records.prune(actor=actor))} 份，日志 {cluster.prune_wal()} 段")
        for row in selectors.backups(limit=50):
            at = f"{clock.local(row.started_at):%Y-%m-%d %H:%M:%S}"
            confirmed = f"确认人 {row.confirmed_by}" if row.confirmed_by else "未确认"
            self.stdout.write(
                f"{row.id} {at} {row.kind.label} {row.scope} {row.state.label} {row.size} 字节"
                f" 保留至 {row.keep_until} {confirmed} {row.error}".rstrip()
            )

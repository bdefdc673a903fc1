"""Lay the whole cluster out in an empty directory as it was at an instant; PostgreSQL replays the rest at its start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from hub.recovery import cluster
from hub.recovery.commands import RecoveryCommand, backup_id, instant


class Command(RecoveryCommand):
    """`restore_cluster --backup ID --to DIRECTORY [--until TIME]`; needs the vault and the key ring, no database."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Which backup, where to, until when."""
        super().add_arguments(parser)
        parser.add_argument("--backup", required=True)
        parser.add_argument("--to", required=True)
        parser.add_argument("--until", help="ISO time; default: everything that was archived")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Lay it out. The database may be gone, so that nothing is written there."""
        until = instant(options["until"]) if options["until"] else None
        target = Path(options["to"]).resolve()
        cluster.lay_out(backup_id(options["backup"]), target, until=until, report=self.stdout.write)
        self.stdout.write(f"已写入 {target}；用 postgres -D {target} 启动，启动时自动重放日志")

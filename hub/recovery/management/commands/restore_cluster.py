"""Lay the whole cluster out in an empty directory as it was at an instant; PostgreSQL replays the rest at its start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from hub.recovery import cluster, clusters, hospitals, vault
from hub.recovery.commands import RecoveryCommand, backup_id, instant, operator


class Command(RecoveryCommand):
    """`restore_cluster --backup ID --to DIRECTORY [--until TIME]`; needs the vault and the key ring.

    The district's own server is brought back without any database. Of a further server the hospitals that live there
    are closed first, in the district's: each opens after its `resync`.
    """

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Which backup, where to, until when."""
        super().add_arguments(parser)
        parser.add_argument("--backup", required=True)
        parser.add_argument("--to", required=True)
        parser.add_argument("--until", help="ISO time; default: everything that was archived")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Lay it out."""
        until = instant(options["until"]) if options["until"] else None
        target, chosen = Path(options["to"]).resolve(), backup_id(options["backup"])
        of = clusters.named(vault.note(chosen).scope)
        if of != clusters.HOME:
            closed = hospitals.close_all_of(of.alias, actor=operator(options["by"]))
            self.stdout.write(f"已关闭机构，恢复后逐家执行 resync 再开放：{' '.join(closed) or '无'}")
        cluster.lay_out(chosen, target, until=until, report=self.stdout.write)
        self.stdout.write(f"已写入 {target}；用 postgres -D {target} 启动，启动时自动重放日志")

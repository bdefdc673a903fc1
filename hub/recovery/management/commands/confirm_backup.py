"""Read a backup to its last byte and, with a name, confirm that it is good."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from hub.recovery import records
from hub.recovery.commands import RecoveryCommand, backup_id, operator


class Command(RecoveryCommand):
    """`confirm_backup <id> [--by NAME]`: without a name it is only read."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Which backup."""
        super().add_arguments(parser)
        parser.add_argument("backup")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read it; confirm it in somebody's name."""
        chosen, actor = backup_id(options["backup"]), operator(options["by"])
        size = records.read_back(chosen, actor=actor)
        self.stdout.write(f"回读 {size} 字节，与记录一致")
        if options["by"]:
            records.confirm_backup(chosen, actor=actor)
            self.stdout.write(f"已由 {actor.name} 确认")

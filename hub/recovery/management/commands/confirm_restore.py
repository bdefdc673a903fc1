"""Confirm a restore or a drill in one's own name, after looking at its counts and checks."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from hub.recovery import records
from hub.recovery.commands import RecoveryCommand, backup_id, operator


class Command(RecoveryCommand):
    """`confirm_restore <record id> --by NAME`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Which record."""
        super().add_arguments(parser)
        parser.add_argument("record")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Confirm it."""
        if not options["by"]:
            raise CommandError("确认恢复必须写明姓名：--by 姓名")
        records.confirm_drill(backup_id(options["record"]), actor=operator(options["by"]))
        self.stdout.write(f"已由 {options['by']} 确认")

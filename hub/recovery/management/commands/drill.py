"""Rehearse the return of everything beside the running hub, compare, check and record it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from hub.recovery import drills, records, selectors
from hub.recovery.commands import RecoveryCommand, backup_id, instant, operator
from hub.recovery.models import BackupKind
from hub.security.keyring import REGION_OWNER


class Command(RecoveryCommand):
    """`drill [--backup ID] [--until TIME] [--still] [--room DIRECTORY] --by NAME`."""

    help = __doc__
    needs_owner = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Which backup, until when, and whether counts must agree to the row."""
        super().add_arguments(parser)
        parser.add_argument("--backup", help="number of a cluster backup; default: the newest")
        parser.add_argument("--until", help="ISO time; default: everything that was archived")
        parser.add_argument("--still", action="store_true", help="nothing is written meanwhile: counts must agree")
        parser.add_argument("--room", help="directory for the copy; as large as the database, and removed afterwards")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Rehearse; exit 1 when something does not agree."""
        chosen = backup_id(options["backup"]) if options["backup"] else records.newest(BackupKind.CLUSTER, REGION_OWNER)
        made = drills.drill(
            chosen,
            until=instant(options["until"]) if options["until"] else None,
            still=options["still"],
            actor=operator(options["by"]),
            report=self.stdout.write,
            room=Path(options["room"]) if options["room"] else None,
        )
        record = selectors.drill(made)
        for name, ok, text in record.checks:
            self.stdout.write(f"{'一致' if ok == 'yes' else '不一致'} {name} {text}")
        for table, before, after, agree in record.counts:
            if agree == "no":
                self.stdout.write(f"不一致 {table}：现在 {before} 行，恢复出 {after} 行")
        self.stdout.write(
            f"恢复记录 {made}，用时 {record.seconds:.0f} 秒；核对后确认：confirm_restore {made} --by 姓名"
        )
        if not record.ok:
            raise CommandError("恢复结果与记录不一致")

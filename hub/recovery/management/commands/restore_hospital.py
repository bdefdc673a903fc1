"""Bring one hospital back from a backup while the others work; it stays closed until `resync` opens it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from hub.recovery import hospitals, records
from hub.recovery.commands import RecoveryCommand, backup_id, operator
from hub.recovery.models import BackupKind


class Command(RecoveryCommand):
    """`restore_hospital <code> [--backup ID] --yes`, later `restore_hospital <code> --drop-old --yes`."""

    help = __doc__
    needs_owner = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Which hospital, from which backup, and that it is meant."""
        super().add_arguments(parser)
        parser.add_argument("hospital")
        parser.add_argument("--backup", help="number of the backup; default: the newest of this hospital")
        parser.add_argument("--drop-old", action="store_true", help="drop what a confirmed restore has replaced")
        parser.add_argument("--yes", action="store_true", help="it is meant")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Restore, or drop what was replaced."""
        code, actor = options["hospital"], operator(options["by"])
        if not options["yes"]:
            raise CommandError(f"这会替换 {code} 的全部数据；确认后加上 --yes 再执行")
        if options["drop_old"]:
            gone = hospitals.drop_old(code, actor=actor)
            self.stdout.write("旧数据已删除" if gone else "没有旧数据")
            return
        chosen = backup_id(options["backup"]) if options["backup"] else records.newest(BackupKind.HOSPITAL, code)
        drill = hospitals.restore_hospital(code, chosen, actor=actor, report=self.stdout.write)
        self.stdout.write(f"恢复记录 {drill}，核对后由负责人确认：manage.py confirm_restore {drill} --by 姓名")

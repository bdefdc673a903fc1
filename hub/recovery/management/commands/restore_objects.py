"""Put objects that are missing in the object store back from the vault; those that are there stay as they are."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from hub.recovery import records, stored_objects
from hub.recovery.commands import RecoveryCommand, backup_id
from hub.recovery.models import BackupKind
from hub.security.keyring import REGION_OWNER


class Command(RecoveryCommand):
    """`restore_objects [--backup ID]`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Which manifest."""
        super().add_arguments(parser)
        parser.add_argument("--backup", help="number of an objects backup; default: the newest")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Put back, compare digests."""
        chosen = backup_id(options["backup"]) if options["backup"] else records.newest(BackupKind.OBJECTS, REGION_OWNER)
        done = stored_objects.restore_objects(chosen)
        self.stdout.write(
            f"清单 {done.listed} 个，已在 {done.there} 个，写回 {done.put_back} 个，缺失 {len(done.lost)} 个"
        )
        for key in done.lost[:50]:
            self.stdout.write(f"缺失 {key}")

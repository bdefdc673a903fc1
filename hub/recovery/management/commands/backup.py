"""Back everything up: the cluster, and the objects that are not in the vault yet."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from hub.recovery import cluster, stored_objects
from hub.recovery.commands import RecoveryCommand, operator

ALL = ("cluster", "objects")


class Command(RecoveryCommand):
    """`backup [cluster] [objects]`; both when none is named. Prints the backups' numbers."""

    help = __doc__
    needs_owner = True

    def add_arguments(self, parser: CommandParser) -> None:
        """What to back up."""
        super().add_arguments(parser)
        parser.add_argument("what", nargs="*", choices=[*ALL, []])

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it; a failure is recorded, logged, and ends the command with 1."""
        actor = operator(options["by"])
        for what in options["what"] or ALL:
            made = (
                cluster.backup_cluster(actor=actor) if what == "cluster" else stored_objects.backup_objects(actor=actor)
            )
            self.stdout.write(f"{what} {made}")

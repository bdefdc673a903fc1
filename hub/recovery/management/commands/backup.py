"""Back everything up: the cluster, and the objects that are not in the vault yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser

from hub.actor import Actor
from hub.recovery import cluster, stored_objects
from hub.recovery.commands import RecoveryCommand, operator

_MAKERS: dict[str, Callable[[Actor], list[UUID]]] = {
    "cluster": lambda actor: cluster.backup_all(actor=actor),
    "objects": lambda actor: [stored_objects.backup_objects(actor=actor)],
}


class Command(RecoveryCommand):
    """`backup [cluster] [objects]`; both when none is named. Prints the backups' numbers."""

    help = __doc__
    needs_owner = True

    def add_arguments(self, parser: CommandParser) -> None:
        """What to back up."""
        super().add_arguments(parser)
        parser.add_argument("what", nargs="*", choices=[*_MAKERS, []])

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it; a failure is recorded, logged, and ends the command with 1."""
        actor = operator(options["by"])
        for what in options["what"] or _MAKERS:
            for backup_id in _MAKERS[what](actor):
                self.stdout.write(f"{what} {backup_id}")

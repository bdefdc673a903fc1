"""Back one hospital up while everything works: its schema and how its public rows stand, at one instant."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from hub.recovery import hospitals
from hub.recovery.commands import RecoveryCommand, operator
from hub.tenancy import registry


class Command(RecoveryCommand):
    """`backup_hospital <code>...` or `backup_hospital --all`; prints the backups' numbers."""

    help = __doc__
    needs_owner = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Which hospitals."""
        super().add_arguments(parser)
        parser.add_argument("hospital", nargs="*")
        parser.add_argument("--all", action="store_true", help="every hospital")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Back up one after the other; the first failure ends the command with its reason."""
        codes = [info.code for info in registry.hospitals()] if options["all"] else options["hospital"]
        for code in codes:
            self.stdout.write(f"{code} {hospitals.backup_hospital(code, actor=operator(options['by']))}")

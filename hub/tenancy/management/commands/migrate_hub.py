"""Bring public, the template schema and every hospital's schema up to date."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from hub.tenancy.commands import OwnerCommand
from hub.tenancy.provision import migrate_hub


class Command(OwnerCommand):
    """`migrate_hub`: idempotent; hospitals that failed are listed and tried again by the next run."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """How many hospitals at a time."""
        parser.add_argument("--workers", type=int, default=4)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run, and fail when a hospital did."""
        outcomes = migrate_hub(self.stdout.write, workers=options["workers"])
        failed = [outcome for outcome in outcomes if outcome.error]
        self.stdout.write(f"{len(outcomes) - len(failed)} hospitals brought up to date, {len(failed)} failed")
        if failed:
            raise CommandError("failed: " + "; ".join(f"{outcome.schema}: {outcome.error}" for outcome in failed))

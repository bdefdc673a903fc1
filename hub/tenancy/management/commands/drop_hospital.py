"""Remove a hospital and all its data."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from hub.tenancy.commands import OwnerCommand
from hub.tenancy.provision import drop_hospital


class Command(OwnerCommand):
    """`drop_hospital <code> --yes-destroy-all-data`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The code, and that it is meant."""
        parser.add_argument("code")
        parser.add_argument("--yes-destroy-all-data", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Remove it."""
        if not options["yes_destroy_all_data"]:
            raise CommandError("this destroys the hospital's data; repeat with --yes-destroy-all-data")
        drop_hospital(options["code"])

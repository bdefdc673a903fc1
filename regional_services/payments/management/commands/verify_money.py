"""`manage.py verify_money`: whether every order's state follows from its movements."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from regional_services.payments.verification import differences


class Command(BaseCommand):
    """Re-derive the money and name each difference."""

    help = "Re-derive order states from legs, attempts, refunds and postings."

    def add_arguments(self, parser: CommandParser) -> None:
        """One hospital, or all."""
        parser.add_argument("--institution", help="only this hospital's orders")

    def handle(self, *_args: Any, **options: Any) -> None:
        """List the differences; a difference ends the command with an error."""
        count = 0
        for difference in differences(options["institution"]):
            count += 1
            self.stdout.write(str(difference))
        self.stdout.write(f"{count} differences")
        if count:
            raise CommandError(f"the money of {count} places does not add up")

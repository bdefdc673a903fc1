"""`manage.py verify_bookings [code ...]`: numbers, appointments, bookings and orders must tell one story."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.tenancy.registry import live_hospitals
from regional_services.booking.verify import verify_hospital


class Command(BaseCommand):
    """Print every difference and their count; exit 1 if there is any."""

    help = "Re-derive the truth of bookings per hospital"

    def add_arguments(self, parser: CommandParser) -> None:
        """Hospitals (all by default) and how long a row must have been quiet."""
        parser.add_argument("codes", nargs="*")
        parser.add_argument("--quiet-seconds", type=int, default=10)

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - the base class's signature
        """Verify."""
        quiet = timedelta(seconds=options["quiet_seconds"])
        total = 0
        for code in options["codes"] or live_hospitals():
            differences = verify_hospital(code, quiet=quiet)
            total += len(differences)
            for difference in differences:
                self.stdout.write(f"{code} {difference.booking_id}: {difference.what}")
            self.stdout.write(f"{code}: {len(differences)} differences")
        self.stdout.write(f"{total} differences")
        if total:
            raise CommandError("bookings, numbers and money disagree")

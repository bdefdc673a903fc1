"""Re-derive the truth about numbers at every hospital, or at those named."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.tenancy.registry import live_hospitals
from tenants.scheduling.verification import differences


class Command(BaseCommand):
    """`verify_numbers [CODE ...]`: prints each difference; fails when there is one."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Which hospitals."""
        parser.add_argument("hospitals", nargs="*", metavar="CODE")

    def handle(self, *_args: Any, **options: Any) -> None:
        """One read-only transaction per hospital."""
        total = 0
        for code in options["hospitals"] or live_hospitals():
            found = differences(code)
            total += len(found)
            for line in found:
                self.stdout.write(f"{code}: {line}")
            self.stdout.write(f"{code}: {len(found)} differences")
        self.stdout.write(f"{total} differences")
        if total:
            raise CommandError("the numbers do not agree")

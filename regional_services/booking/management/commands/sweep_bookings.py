"""`manage.py sweep_bookings`: move every booking whose time has come; safe to run at any moment and side by side."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from regional_services.booking.services import sweep


class Command(BaseCommand):
    """One sweep, as the scheduler runs it every few seconds."""

    help = "Resume stuck bookings and end those past their deadlines"

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - the base class's signature
        """Sweep until nothing is due."""
        moved = 0
        while count := sweep():
            moved += count
        self.stdout.write(f"{moved} moved")

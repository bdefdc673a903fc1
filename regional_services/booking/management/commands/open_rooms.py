"""`manage.py open_rooms`: open the waiting rooms of releases that are near, as the schedule does every ten seconds."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from regional_services.booking import rush


class Command(BaseCommand):
    """Prints how many are open."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Open them."""
        self.stdout.write(f"{rush.open_for_releases()} rooms open")

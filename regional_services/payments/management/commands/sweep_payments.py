"""`manage.py sweep_payments`: one sweep by hand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from regional_services.payments import services


class Command(BaseCommand):
    """Run the sweep once and say what it set going."""

    help = "Ask the channels again where an answer is due, and close orders past their deadline."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """One sweep."""
        report = services.sweep()
        asked = f"{report.attempts} attempts and {report.refunds} refunds asked about"
        self.stdout.write(f"{asked}, {report.closing} orders closing")

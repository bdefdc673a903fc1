"""Store the words of diseases and symptoms that lead to departments."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from hub.actor import system_actor
from regional_services.doctors import symptoms


class Command(BaseCommand):
    """`seed_symptoms`: idempotent; words people have edited stay."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        """One line."""
        self.stdout.write(f"{symptoms.seed(actor=system_actor('导诊词表'))} words")

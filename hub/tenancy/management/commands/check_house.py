"""Check the text of the code against the rules of this house that no other tool sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from hub.tenancy.checks.source import check_tree


class Command(BaseCommand):
    """`check_house`: fails with one line for each offence; needs no service."""

    help = __doc__
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Report."""
        offences = check_tree(Path(settings.ROOT))
        for offence in offences:
            self.stdout.write(str(offence))
        if offences:
            raise CommandError(f"{len(offences)} offences")
        self.stdout.write("the house is in order")

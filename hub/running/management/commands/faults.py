"""List the open faults with where and what, newest first; with an id, one with its scene."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub import clock
from hub.running import faults
from hub.running.models import Fault
from hub.tenancy.scope import region


class Command(BaseCommand):
    """`faults [ID]`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Which one, if one."""
        parser.add_argument("fault", nargs="?", default="", help="number of a fault")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Files that wait are taken in first."""
        faults.take_in()
        with region(read_only=True):
            rows = list(
                Fault.objects.filter(id=_number(options["fault"]))
                if options["fault"]
                else Fault.objects.filter(closed_at__isnull=True).order_by("-at")[:50]
            )
        for row in rows:
            self.stdout.write(f"{row.id} {clock.local(row.at):%Y-%m-%d %H:%M:%S} {row.process} {row.place} {row.error}")
            if options["fault"]:
                self.stdout.write(json.dumps(row.scene, ensure_ascii=False, indent=1))


def _number(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise CommandError(f"{text!r} is no number of a fault") from None

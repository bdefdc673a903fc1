"""Make a hospital's schema, role and row."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from hub.tenancy.commands import OwnerCommand
from hub.tenancy.models import TenantState
from hub.tenancy.provision import create_hospital


class Command(OwnerCommand):
    """`create_hospital <code>`: safe to run again."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Codes, further hosts and the state to start in."""
        parser.add_argument("codes", nargs="+")
        parser.add_argument("--host", action="append", default=[], help="a further host name (one code only)")
        parser.add_argument("--state", choices=TenantState.values, default=TenantState.LIVE)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make them one after another."""
        for code in options["codes"]:
            create_hospital(code, hosts=options["host"], state=options["state"])
            self.stdout.write(f"{code}: ready")

"""Let administrators of a place in from everywhere again, when they have locked themselves out of their networks."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from hub.accounts import services
from hub.accounts.models import DISTRICT
from hub.actor import system_actor


class Command(BaseCommand):
    """`open_networks [--institution CODE] --by NAME`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose networks end, and who stands for it."""
        parser.add_argument("--institution", default=DISTRICT, help="a hospital's code; the district's without it")
        parser.add_argument("--by", required=True, help="who does this, for the audit")

    def handle(self, *_args: Any, **options: Any) -> None:
        """End them all."""
        ended = services.end_all_networks(actor=system_actor(options["by"]), institution_code=options["institution"])
        self.stdout.write(f"已移除 {ended} 个网段，管理员可从任何地址登录。请尽快重新登记。")

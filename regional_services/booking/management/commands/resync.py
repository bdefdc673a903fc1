"""Bring a hospital in step with everybody's books after something came back from an earlier day, and open it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub import clock
from hub.actor import system_actor
from hub.recovery.commands import instant
from regional_services.booking.models import Cause, ResyncState
from regional_services.booking.resync import reading, running


class Command(BaseCommand):
    """`resync <code> [--cause hub|his|public] [--since TIME]`; exits 1 while the hospital's system does not answer."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The hospital, what came back, and of when it is."""
        parser.add_argument("hospital")
        parser.add_argument("--cause", choices=Cause.values, default=Cause.HUB)
        parser.add_argument("--since", help="ISO time of the copy that came back; default: three days ago")
        parser.add_argument("--by", default="运维", help="who does it")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Compare, push, reverse, open; then say what is left for a person."""
        since = instant(options["since"]) if options["since"] else clock.now() - timedelta(days=3)
        run_id = running.start(
            options["hospital"], cause=Cause(options["cause"]), since=since, actor=system_actor(options["by"])
        )
        state = running.carry_on(run_id, report=self.stdout.write)
        for item in reading.open_items(options["hospital"], limit=200):
            self.stdout.write(f"待人工处理：{item.booking_id or '-'} {item.what}")
        if state is ResyncState.WAITING:
            raise CommandError("医院系统没有答复，机构仍然关闭；恢复后再次执行同一命令，从停下的地方继续")

"""List dead letters; replay or drop them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.actor import system_actor
from hub.journal.world import all_scopes
from hub.outbox import services
from hub.outbox.selectors import dead_letters


class Command(BaseCommand):
    """`dead_letters`: without an act it lists; an act needs the scope, what it is about and a reason."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The scope and the act."""
        parser.add_argument("--scope", help="a hospital's code, or `region`")
        act = parser.add_mutually_exclusive_group()
        act.add_argument("--replay", type=int, metavar="ROW")
        act.add_argument("--replay-all", metavar="HANDLER")
        act.add_argument("--drop", type=int, metavar="ROW")
        parser.add_argument("--reason", default="", help="why; stands in the audit")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do it."""
        scope, reason = options["scope"], options["reason"]
        acts = [name for name in ("replay", "replay_all", "drop") if options[name] is not None]
        if not acts:
            self._list([scope] if scope else all_scopes())
            return
        if not scope or not reason:
            raise CommandError("an act needs --scope and --reason")
        actor = system_actor("manage.py dead_letters")
        if acts == ["replay"]:
            services.replay(scope, options["replay"], actor=actor, reason=reason)
        elif acts == ["drop"]:
            services.drop(scope, options["drop"], actor=actor, reason=reason)
        else:
            count = services.replay_all(scope, handler=options["replay_all"], actor=actor, reason=reason)
            self.stdout.write(f"{count} replayed")

    def _list(self, scopes: list[str]) -> None:
        for scope in scopes:
            for letter in dead_letters(scope):
                self.stdout.write(
                    f"{scope} {letter.id} {letter.handler} {letter.aggregate} attempts={letter.attempts}"
                    f" died={letter.died_at.isoformat()} {letter.last_error}"
                )

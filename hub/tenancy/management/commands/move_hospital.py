"""Move a hospital's schema to another database: plan, move, undo, drop the old copy."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from hub.errors import HubError
from hub.tenancy import moving
from hub.tenancy.commands import OwnerCommand


class Command(OwnerCommand):
    """`move_hospital <code> --to hospital_b` plans; with `--go` it moves; `--undo`, `--drop-copy` name a database."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The hospital, and one of the acts."""
        parser.add_argument("code")
        act = parser.add_mutually_exclusive_group(required=True)
        act.add_argument("--to", metavar="DATABASE", help="where to")
        act.add_argument("--undo", metavar="DATABASE", help="back to the old copy there")
        act.add_argument("--drop-copy", metavar="DATABASE", help="remove the copy there")
        parser.add_argument("--go", action="store_true", help="do it, not only plan")

    def handle(self, *_args: Any, **options: Any) -> None:
        """One act, each step with a line."""
        code = options["code"]
        try:
            if options["undo"]:
                moving.undo(code, options["undo"], self.stdout.write)
            elif options["drop_copy"]:
                moving.drop_copy(code, options["drop_copy"])
                self.stdout.write("removed")
            else:
                self._move(code, options["to"], go=options["go"])
        except HubError as problem:
            raise CommandError(f"{problem.text} {problem.detail or ''}".strip()) from problem

    def _move(self, code: str, target: str, *, go: bool) -> None:
        wanted = moving.plan(code, target)
        self.stdout.write(
            f"{wanted.schema}: {wanted.source} -> {wanted.target},"
            f" {wanted.tables} tables, {wanted.size_bytes / 1e6:.1f} MB"
        )
        for problem in wanted.problems:
            self.stdout.write(f"  {problem}")
        if wanted.problems:
            raise CommandError("nothing was done")
        if go:
            moving.move(code, target, self.stdout.write)
        else:
            self.stdout.write("a plan only; add --go to move")

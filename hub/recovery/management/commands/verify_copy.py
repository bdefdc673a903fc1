"""Run all verifications on the database this process knows (a restored copy) and print what each said as JSON."""

from __future__ import annotations

import io
import json
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser

from hub.recovery.commands import RecoveryCommand
from hub.tenancy.names import REGION


class Command(RecoveryCommand):
    """`verify_copy [--without-region] CODE...`: the last line is a list of [name, agrees, last words].

    Named are the hospitals whose schemas the copy holds; `--without-region` when the district's own rows are not in it.
    """

    help = __doc__
    needs_owner = True

    def add_arguments(self, parser: CommandParser) -> None:
        """What the copy holds."""
        super().add_arguments(parser)
        parser.add_argument("hospital", nargs="*")
        parser.add_argument("--without-region", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run each; one that finds something does not keep the next from its turn."""
        checks = _checks(options["hospital"], region=not options["without_region"])
        self.stdout.write(json.dumps([_said(*check) for check in checks], ensure_ascii=False))


def _checks(codes: list[str], *, region: bool) -> list[list[str]]:
    """Command lines; a command that means everybody when nobody is named is left out where nobody lives."""
    checks = [["verify_bookings", *codes], ["verify_numbers", *codes]] if codes else []
    audits = [argument for code in codes for argument in ("--hospital", code)]
    if region:
        checks += [["verify_money"], ["verify_grants"]]
        audits += ["--hospital", REGION]
    if audits:
        checks.append(["verify_audit", *audits, "--seal-first"])
    return checks


def _said(name: str, *arguments: str) -> tuple[str, bool, str]:
    out = io.StringIO()
    try:
        call_command(name, *arguments, stdout=out)
    except CommandError as problem:
        return name, False, str(problem)
    lines = out.getvalue().splitlines()
    return name, True, lines[-1] if lines else ""

"""Run all verifications on the database this process knows (a restored copy) and print what each said as JSON."""

from __future__ import annotations

import io
import json
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError

from hub.recovery.commands import RecoveryCommand

CHECKS = (
    ("verify_bookings",),
    ("verify_numbers",),
    ("verify_money",),
    ("verify_audit", "--all", "--seal-first"),
    ("verify_grants",),
)


class Command(RecoveryCommand):
    """`verify_copy`: the last line is a list of [name, agrees, last words]."""

    help = __doc__
    needs_owner = True

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Run each; one that finds something does not keep the next from its turn."""
        self.stdout.write(json.dumps([_said(*check) for check in CHECKS], ensure_ascii=False))


def _said(name: str, *arguments: str) -> tuple[str, bool, str]:
    out = io.StringIO()
    try:
        call_command(name, *arguments, stdout=out)
    except CommandError as problem:
        return name, False, str(problem)
    lines = out.getvalue().splitlines()
    return name, True, lines[-1] if lines else ""

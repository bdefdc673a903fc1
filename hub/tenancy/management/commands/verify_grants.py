"""Compare privileges and row-level security in the database with what the models declare."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError

from hub.tenancy.checks.catalogue import verify_grants
from hub.tenancy.commands import OwnerCommand


class Command(OwnerCommand):
    """`verify_grants`: fails with one line for each difference."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Report."""
        problems = verify_grants()
        for problem in problems:
            self.stdout.write(problem)
        if problems:
            raise CommandError(f"{len(problems)} problems")
        self.stdout.write("no differences")

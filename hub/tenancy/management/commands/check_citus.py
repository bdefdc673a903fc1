"""Check the template schema and the recorded migrations against the rules of Citus."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError

from hub.tenancy.checks.catalogue import check_citus
from hub.tenancy.commands import OwnerCommand


class Command(OwnerCommand):
    """`check_citus`: fails with one line for each difference."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Report."""
        problems = check_citus()
        for problem in problems:
            self.stdout.write(problem)
        if problems:
            raise CommandError(f"{len(problems)} problems")
        self.stdout.write("no rule broken")

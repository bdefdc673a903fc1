"""Verify the audit chains: altered or missing entries, broken or cut chains, entries unsealed for over a minute."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.audit import chain
from hub.audit.verify import verify
from hub.journal.world import all_scopes
from hub.tenancy.scope import REGION


class Command(BaseCommand):
    """`verify_audit`: the district's chain, one hospital's, or all; fails if there is a finding."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose chain."""
        whose = parser.add_mutually_exclusive_group()
        whose.add_argument("--hospital", action="append", default=[], help="a hospital's code; may be repeated")
        whose.add_argument("--all", action="store_true", help="the district's and every hospital's")
        parser.add_argument("--seal-first", action="store_true", help="of a restored copy: no relay has sealed its end")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print one line a chain and one a finding."""
        found = 0
        for scope in all_scopes() if options["all"] else options["hospital"] or [REGION]:
            if options["seal_first"]:
                chain.seal_pending(scope)
            report = verify(scope)
            found += len(report.findings)
            self.stdout.write(
                f"{scope}: {report.entries} entries, {report.seals} seals, {report.pending} pending,"
                f" {len(report.findings)} findings"
            )
            for finding in report.findings:
                self.stdout.write(f"  {finding.flaw}: {finding.where}")
        if found:
            raise CommandError(f"{found} findings")

"""Make the fictional district: 26 hospitals, their connectors, staff, and the outside world's configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from hub.actor import system_actor
from hub.tenancy.commands import OwnerCommand
from hub.tenancy.provision import create_hospital
from hub.tenancy.registry import hospitals
from tenants.directory.services import ask_for_directory
from tenants.registry import calendar
from tenants.registry.seeding import callers, connectors, exercise, institutions, outside, people

SEED = system_actor("演示数据")


class Command(OwnerCommand):
    """`seed_demo`: idempotent; schedules come from the hospitals' own systems once these run."""

    help = __doc__

    def handle(self, *_args: Any, **_options: Any) -> None:
        """One step after the other, each with a line."""
        rows = institutions.rows()
        there = {info.code for info in hospitals()}
        new = [row["code"] for row in rows if row["code"] not in there]
        for code in new:
            create_hospital(code)
        self.stdout.write(f"{len(new)} hospitals made, {len(rows) - len(new)} there already")
        self.stdout.write(f"{institutions.store(actor=SEED)} institutions")
        self.stdout.write(f"{calendar.seed(actor=SEED)} days of the calendar new")
        waiting = exercise.system(len(rows))
        accounts = Path(settings.VAR) / "demo_accounts.json"
        self.stdout.write(f"{people.store(rows, accounts, actor=SEED)} staff accounts made")
        doctors = people.callers(accounts)
        outside.write_config(rows, Path(settings.VAR) / "sandbox.json", besides=[waiting], doctors=doctors)
        exercise.write_papers(Path(settings.VAR) / "exercise", len(rows))
        self.stdout.write(f"{connectors.store(rows, actor=SEED)} connectors new or changed")
        self.stdout.write(f"{callers.store(rows, actor=SEED)} hospitals call by their own systems from now on")
        for code in new:
            ask_for_directory(code)

"""What the recovery commands share: who works, which backup is meant, how a refusal reads on a terminal."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext

from hub import clock
from hub.actor import Actor, ActorKind
from hub.errors import HubError


def operator(name: str) -> Actor:
    """The person at the terminal, by the name he gives; his login on this machine otherwise."""
    return Actor(kind=ActorKind.SYSTEM, id=None, name=(name or getpass.getuser())[:60])


def backup_id(text: str) -> UUID:
    """The backup a person named."""
    try:
        return UUID(text)
    except ValueError as problem:
        raise CommandError(
            gettext("备份编号不对：%(text)s；用 manage.py backups 查看") % {"text": f"{text!r}"}
        ) from problem


class RecoveryCommand(BaseCommand):
    """Says in words why it did not end, and exits with 1."""

    requires_system_checks = ()
    needs_owner = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Who does it; subclasses add theirs."""
        parser.add_argument("--by", default="", help="姓名，写进记录和审计")

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run it; a refusal of ours is a line, not a trace."""
        if self.needs_owner and "owner" not in settings.DATABASES:
            raise CommandError("HUB_OWNER_DATABASE_URL is not set: this command works as the owner of the schemas")
        try:
            return super().execute(*args, **options)
        except HubError as problem:
            where = " ".join(f"{name}={value}" for name, value in problem.detail.items())
            raise CommandError(f"{problem.text} {where}".strip()) from problem


def instant(text: str) -> datetime:
    """An ISO time; without a zone it is the district's own."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as problem:
        raise CommandError(
            gettext("时间应写成 2026-11-20T10:00:00+08:00，不是 %(text)s") % {"text": f"{text!r}"}
        ) from problem
    return found if found.tzinfo else found.replace(tzinfo=clock.ZONE)

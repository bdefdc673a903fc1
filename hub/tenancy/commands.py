"""Commands that change schemas, roles and grants."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class OwnerCommand(BaseCommand):
    """A command of the owner login, which no serving process is given: it says so where the address is missing."""

    requires_system_checks = ()

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run it, or name the variable that is missing."""
        if "owner" not in settings.DATABASES:
            raise CommandError("HUB_OWNER_DATABASE_URL is not set: this command works as the owner of the schemas")
        return super().execute(*args, **options)

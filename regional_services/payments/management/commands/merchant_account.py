"""`manage.py merchant_account <institution> <file>`: put a hospital's credentials at a channel in force.

The file is a JSON object: channel, mchid, appid, serial_no, private_key (PEM), api_v3_key, channel_key_id,
channel_public_key (PEM). Its secrets go to the key ring; remove the file afterwards.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.actor import system_actor
from regional_services.payments.channels.wechat import crypto
from regional_services.payments.conversations import notify_url
from regional_services.payments.merchants import Credentials, put_in_force
from tenants.registry import selectors as registry


class Command(BaseCommand):
    """New attempts use these credentials from now on; older payments keep theirs."""

    help = "Put a hospital's merchant credentials in force."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, and where they are."""
        parser.add_argument("institution", help="code of the hospital")
        parser.add_argument("file", type=Path, help="JSON file with the credentials")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check, store, and say where the channel shall send its notices."""
        institution = registry.institution(options["institution"])
        credentials = _read(options["file"])
        merchant_id = put_in_force(institution.code, credentials, actor=system_actor("merchant_account"))
        self.stdout.write(f"{institution.name}: {credentials.mchid}, {notify_url(merchant_id)}")


def _read(path: Path) -> Credentials:
    names = {field.name for field in fields(Credentials)}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        credentials = Credentials(**{name: str(document[name]) for name in names})
        crypto.private_key(credentials.private_key)
        crypto.public_key(credentials.channel_public_key)
    except (OSError, ValueError, TypeError, KeyError) as problem:
        raise CommandError(f"{path}: {type(problem).__name__}: {problem}") from problem
    return credentials

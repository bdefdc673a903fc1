"""Seal a release where it is built: `seal_release --key FILE --release 1.0`; prints the public key a site pins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.running import release


class Command(BaseCommand):
    """Writes `release.json` beside `manage.py`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The builder's key and the release's name."""
        parser.add_argument("--key", type=Path, required=True, help="PEM file with the builder's Ed25519 private key")
        parser.add_argument("--release", required=True, help="what the release is called")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Seal, and say what a site has to configure."""
        try:
            key = release.private_key(options["key"])
        except (OSError, ValueError, TypeError) as problem:
            raise CommandError(f"{options['key']}: {problem}") from problem
        document = release.seal(Path(settings.ROOT), key, version=options["release"])
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
        self.stdout.write(f"{len(document['files'])} 个文件已封装。HUB_RELEASE_KEY={public}")

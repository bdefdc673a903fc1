"""`manage.py keyring`: the keys of this installation."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.accounts.outside import SMS_SECRET, WECHAT_SECRET
from hub.actor import system_actor
from hub.security import rotation
from hub.security.ciphers import SUITES
from hub.security.keyring import DATA, INDEX, REGION_OWNER, ring
from hub.tenancy.registry import live_hospitals


class Command(BaseCommand):
    """Make, list, rotate keys; re-encrypt after a rotation; store a secret of an outside party."""

    help = "Keys of this installation: ensure, list, rotate, reencrypt, secret."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("ensure", help="make what is missing: keys of the district and of every hospital")
        acts.add_parser("list", help="ids, owners and uses; never the keys")
        rotate = acts.add_parser("rotate", help="make a new active key; the old one still opens")
        rotate.add_argument("owner", help=f"a hospital's code, or {REGION_OWNER}")
        rotate.add_argument("--use", default=DATA)
        rotate.add_argument("--suite", choices=sorted(SUITES), help="move this owner to another cipher suite")
        acts.add_parser("reencrypt", help="seal rows under retired keys again; may be interrupted and repeated")
        secret = acts.add_parser("secret", help="store a secret, read from standard input or typed")
        secret.add_argument("reference")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        getattr(self, f"_{options['act']}")(options)

    def _ensure(self, _options: dict[str, Any]) -> None:
        for owner in (REGION_OWNER, *live_hospitals()):
            for use in (DATA, INDEX):
                ring().active(owner, use)
        for reference in (SMS_SECRET, WECHAT_SECRET):
            ring().ensure_secret(reference)
        self.stdout.write(f"{len(ring().keys())} keys")

    def _list(self, _options: dict[str, Any]) -> None:
        for key in sorted(ring().keys(), key=lambda k: (k.owner, k.use, k.version)):
            state = "active" if key.active else "retired"
            self.stdout.write(f"{key.owner:16} {key.use:8} {key.version:3} {key.suite.name:12} {key.id.hex()} {state}")

    def _rotate(self, options: dict[str, Any]) -> None:
        if options["use"] == INDEX:
            raise CommandError("an index key is rotated by the app that owns the column: its rows must be indexed anew")
        if options["owner"] not in {REGION_OWNER, *live_hospitals()}:
            raise CommandError(f"{options['owner']} is neither a live hospital nor {REGION_OWNER}")
        key = ring().add(options["owner"], options["use"], suite=options["suite"], replace=True)
        self.stdout.write(f"{key.owner} seals {key.use} with {key.id.hex()} from now on; next: keyring reencrypt")

    def _reencrypt(self, _options: dict[str, Any]) -> None:
        total = 0
        for scope, column, count in rotation.reencrypt(system_actor("密钥轮换")):
            total += count
            self.stdout.write(f"{scope} {column}: {count}")
        self.stdout.write(f"{total} values re-encrypted")

    def _secret(self, options: dict[str, Any]) -> None:
        typed = getpass.getpass("secret: ") if sys.stdin.isatty() else sys.stdin.read().rstrip("\n")
        if not typed:
            raise CommandError("an empty secret is none")
        ring().put_secret(options["reference"], typed.encode())

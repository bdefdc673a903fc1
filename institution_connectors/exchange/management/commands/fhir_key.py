"""SMART backend services with a hospital's FHIR server: a private key of ours, and the public half for its vendor."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.actor import system_actor
from hub.security.keyring import ring
from institution_connectors.adapters.fhir_r4 import FhirR4Adapter, fresh_key, public_key
from institution_connectors.catalog import selectors as catalog
from institution_connectors.catalog.services import put_connector


class Command(BaseCommand):
    """`fhir_key <hospital> --client-id hub [--token-url ..] [--key-id ..]`; run again, it replaces the key."""

    help = "Make the hub's key for a hospital's FHIR server, have its connector sign with it, print the public key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The hospital, and what its server knows us by."""
        parser.add_argument("hospital")
        parser.add_argument("--client-id", required=True)
        parser.add_argument("--token-url", default="", help="else found at .well-known/smart-configuration")
        parser.add_argument("--key-id", default="")

    def handle(self, *_: object, hospital: str, client_id: str, token_url: str, key_id: str, **__: Any) -> None:
        """Store the key, then the profile: in between the server is asked with a key it does not know, and says so."""
        profile = catalog.profile(hospital)
        if profile.dialect != FhirR4Adapter.dialect:
            raise CommandError(f"{hospital} speaks {profile.dialect}")
        key = fresh_key()
        ring().put_secret(profile.secret_ref, key)
        given = {"auth": "smart", "client_id": client_id, "token_url": token_url, "key_id": key_id}
        kept = {name: value for name, value in profile.options.extra.items() if name not in given}
        extra = {**kept, **{name: value for name, value in given.items() if value}}
        put_connector(
            actor=system_actor("fhir_key"), profile=replace(profile, options=replace(profile.options, extra=extra))
        )
        self.stdout.write(public_key(key))

"""pg_dump and pg_restore of one hospital's schema, by the owner's login; neither sees another hospital's rows."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from typing import Any, BinaryIO

from django.conf import settings

from hub.embedded.postgres import client_tool
from hub.tenancy.errors import ProvisioningFailed

_COMPLAINT = 600
_LIBPQ = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
_EXTRAS = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
}


def dump(schema: str, target: BinaryIO, *, owner: str = "owner", snapshot: str = "") -> None:
    """Write the schema in pg_dump's custom format to `target` (a real file), as of `snapshot` where one is given."""
    options = ["--format=custom", "--no-owner", "--no-acl", f"--schema={schema}"]
    if snapshot:
        options.append(f"--snapshot={snapshot}")
    _run("pg_dump", options, owner, stdout=target)


def restore(source: BinaryIO, *, owner: str) -> None:
    """Make the schema of a dump in the database of alias `owner`, whole or not at all."""
    database = str(settings.DATABASES[owner]["NAME"])
    options = ["--no-owner", "--no-acl", "--single-transaction", "--exit-on-error", f"--dbname={database}"]
    _run("pg_restore", options, owner, stdin=source)


def libpq_environment(alias: str) -> dict[str, str]:
    """What PostgreSQL's own programs need to reach the database of an alias, as its login."""
    entry = settings.DATABASES[alias]
    return {variable: str(entry[key]) for variable, key in _LIBPQ.items()} | libpq_extras(entry["OPTIONS"])


def libpq_extras(options: Mapping[str, Any]) -> dict[str, str]:
    """Encryption, and which of several servers is meant, as libpq's own variables."""
    return {variable: str(options[name]) for name, variable in _EXTRAS.items() if name in options}


def _run(program: str, options: list[str], owner: str, **streams: Any) -> None:
    environment = {**os.environ, **libpq_environment(owner)}
    done = subprocess.run(  # noqa: S603 - our own program with options made here
        [client_tool(program), *options],
        env=environment,
        stderr=subprocess.PIPE,
        check=False,
        **streams,
    )
    if done.returncode:
        raise ProvisioningFailed(detail={"program": program, "reason": done.stderr.decode()[-_COMPLAINT:].strip()})

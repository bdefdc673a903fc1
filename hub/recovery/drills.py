"""The whole cluster brought back beside the running hub, compared, checked by the hub's own commands, and recorded.

Nothing of the running hub is touched: the copy lies in a directory of its own, listens on a port of its own, and is
ended and removed afterwards. The checks are the commands of the manual, run against the copy.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
from django.conf import settings

from hub.actor import Actor
from hub.embedded.ports import free_port
from hub.recovery import cluster, clusters, counts, vault
from hub.recovery.clusters import HOME, Cluster
from hub.recovery.hospitals import Report
from hub.recovery.models import DrillKind
from hub.recovery.records import Returning, returning
from hub.tenancy.schemas import owner_connection

_PATIENCE = 1800


def drill(
    backup_id: UUID, *, until: datetime | None, still: bool, actor: Actor, report: Report, room: Path | None = None
) -> UUID:
    """Bring a base backup and the archived log back, up to `until`, and compare; the record's id.

    `still` says that nothing is written meanwhile, so that counts must agree to the row; otherwise they are shown.
    """
    of = clusters.named(vault.note(backup_id).scope)
    with (
        returning(DrillKind.CLUSTER, of.scope, backup_id, rehearsal=True, actor=actor, to_time=until) as record,
        tempfile.TemporaryDirectory(prefix="hub-drill-", dir=room) as place,
    ):
        Path(place).chmod(0o755)  # the server's own user passes through; the data themselves stay closed
        target = Path(place) / "data"
        cluster.lay_out(backup_id, target, until=until, report=_both(record, report))
        with cluster.started(target, free_port(), of) as address:
            _both(record, report)(f"恢复出的数据库已就绪 {address}")
            record.counts = _compared(of, address, still=still)
            _check(record, of, address)
        report("临时数据库已停止并删除")
    return record.id


def _both(record: Returning, report: Report) -> Report:
    def told(text: str) -> None:
        record.step(text)
        report(text)

    return told


def _compared(of: Cluster, address: str, *, still: bool) -> list[list[str]]:
    """Every table of every schema of every database of a server, the running hub beside the copy."""
    return [line for place in clusters.databases(of) for line in _compared_database(place, address, still=still)]


def _compared_database(place: Cluster, address: str, *, still: bool) -> list[list[str]]:
    prefix = f"{place.name}:" if place.name else ""
    lines: list[list[str]] = []
    with owner_connection(place.owner) as running, _copy_of(place, address) as copy:
        for schema in _schemas(copy):
            here, there = counts.of_schema(running, schema), counts.of_schema(copy, schema)
            names = {f"{prefix}{schema}.{name}": name for name in {*here, *there}}
            lines += counts.differences(
                {f"{prefix}{schema}.{name}": value for name, value in here.items()},
                {f"{prefix}{schema}.{name}": value for name, value in there.items()},
                leave_out=[full for full, name in names.items() if not still or _moves(name)],
            )
    return lines


def _copy_of(place: Cluster, address: str) -> psycopg.Connection[Any]:
    host, _, port = address.partition(":")
    entry = settings.DATABASES[place.owner]
    return psycopg.connect(
        host=host, port=port, user=entry["USER"], password=entry["PASSWORD"], dbname=entry["NAME"], autocommit=True
    )


def _moves(table: str) -> bool:
    """The record of this very drill, and its audit, are younger than the copy."""
    return table.startswith(("recovery_", "region_audit"))


def _schemas(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    rows = connection.execute(
        "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname = 'public' OR nspname LIKE 'h\\_%' ORDER BY 1"
    ).fetchall()
    return [str(name) for (name,) in rows]


def _check(record: Returning, of: Cluster, address: str) -> None:
    """The hub's own verifications of what lives there, in a process that knows the copy in the server's place."""
    whose = [] if of == HOME else ["--without-region"]
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, str(settings.ROOT / "manage.py"), "verify_copy", *whose, *clusters.hospitals_of(of)],
        env=_environment(of, address), capture_output=True, text=True, timeout=_PATIENCE, check=False,
    )  # fmt: skip
    try:
        for name, ok, text in json.loads(done.stdout.splitlines()[-1]):
            record.check(name, ok=ok, text=text)
    except (IndexError, ValueError):
        record.check("verify_copy", ok=False, text=done.stderr[-300:])


def _environment(of: Cluster, address: str) -> dict[str, str]:
    """This process's own, with the copy in the place of the server."""
    names = [name for place in clusters.databases(of) for name in _variables(place)]
    urls = {name: _moved(os.environ[name], address) for name in names if name in os.environ}
    return {**os.environ, **urls, "HUB_KEYRING": settings.HUB_KEYRING}


def _variables(place: Cluster) -> list[str]:
    if place == HOME:
        return ["HUB_OWNER_DATABASE_URL", "HUB_REGION_DATABASE_URL", "HUB_HOSPITAL_DATABASE_URL"]
    name = place.name.upper()
    return [f"HUB_OWNER_DATABASE_URL_{name}", f"HUB_HOSPITAL_DATABASE_URL_{name}"]


def _moved(url: str, address: str) -> str:
    parts = urlsplit(url)
    login = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{login}@{address}", query="").geturl()

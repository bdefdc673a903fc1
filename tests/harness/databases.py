"""A template database with two hospitals, and copies of it.

The template is keyed by a hash of all that shapes it, so it is built once and kept between runs. A test that touches
the database finds it as it came from the template, and commits for real. There is no rolled-back kind: services open
durable transactions on two aliases, and a test inside an outer transaction would prove less.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis
from django.apps import apps
from django.conf import settings
from django.db import connections
from psycopg import sql

from hub.tenancy import grants, registry
from hub.tenancy.provision import create_hospital, migrate_hub
from institution_connectors.catalog import selectors as connectors
from tests.harness import cleaning, environment

ALPHA, BETA = "alpha", "beta"
POOLED = ("default", "hospital")
_TEMPLATE_LOCK = 4711_0003
_cleaner: psycopg.Connection[Any] | None = None
_baseline: cleaning.Baseline | None = None


def template() -> str:
    """The name of the template for today's code, built if it isn't there."""
    own = f"hub_template_{environment.WORKER}_"  # its rows are signed with the keys of this worker's ring
    name = own + _fingerprint()
    with _maintenance() as owner:
        owner.execute("SELECT pg_advisory_lock(%s)", (_TEMPLATE_LOCK,))
        if name not in _databases(owner, own):
            _remove_leftovers(owner, own, keep=name)
            _build(owner, name)
    return name


def renew(template_name: str) -> None:
    """Give this process its database as the template has it, by emptying or by a new copy; empty its Redis database."""
    connections.close_all()
    if not _emptied():
        _copy(template_name)
    redis.Redis.from_url(settings.HUB_REDIS_URL).flushdb()
    registry.forget()
    connectors.forget()


def drop_copy() -> None:
    """Remove this process's database."""
    close_everything()
    with _maintenance() as owner:
        _drop(owner, settings.DATABASES["default"]["NAME"])


def close_everything() -> None:
    """Close this thread's connections and the pools of all."""
    global _cleaner
    if _cleaner is not None:
        _cleaner.close()
        _cleaner = None
    connections.close_all()
    for alias in POOLED:
        connections[alias].close_pool()  # type: ignore[attr-defined]


def _emptied() -> bool:
    """Whether emptying gave the template's state back."""
    if _cleaner is None or _baseline is None:
        return False
    try:
        return cleaning.clean(_cleaner, _baseline)
    except psycopg.OperationalError:  # a test ended our session or restarted the server
        return False


def _copy(template_name: str) -> None:
    global _cleaner, _baseline
    close_everything()
    name = settings.DATABASES["default"]["NAME"]
    with _maintenance() as owner:
        _drop(owner, name)
        _create(owner, name, template_name)
    _cleaner = psycopg.connect(os.environ["HUB_OWNER_DATABASE_URL"], autocommit=True)
    _baseline = cleaning.baseline(_cleaner)


def _build(owner: psycopg.Connection[Any], name: str) -> None:
    """Make the template in this process's own database, then give it its name."""
    own = settings.DATABASES["default"]["NAME"]
    _drop(owner, own)
    owner.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(own)))
    database, prefix = sql.Identifier(own), settings.HUB_ROLE_PREFIX
    owner.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    for login in ("region", "hospital"):
        owner.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(f"{prefix}_{login}"))
        )
    migrate_hub()
    for code in (ALPHA, BETA):
        create_hospital(code)
    close_everything()
    owner.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(database, sql.Identifier(name)))


def _create(owner: psycopg.Connection[Any], name: str, template_name: str) -> None:
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template_name))
    owner.execute(copy)
    for login in ("region", "hospital"):  # a database's own grants are not copied
        role = sql.Identifier(f"{settings.HUB_ROLE_PREFIX}_{login}")
        owner.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(name), role))


def _drop(owner: psycopg.Connection[Any], name: str) -> None:
    if _has_sessions(owner, name):  # PostgreSQL itself would wait five seconds for them
        _end_sessions(name)
    owner.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _end_sessions(name: str) -> None:
    """End what threads and processes of an earlier test left open; each login may end its own sessions."""
    for alias in ("default", "hospital", "owner"):
        entry = settings.DATABASES[alias]
        with psycopg.connect(
            host=entry["HOST"], port=entry["PORT"], user=entry["USER"], password=entry["PASSWORD"], dbname=name
        ) as session:
            session.execute(
                "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
                " WHERE datname = %s AND usename = session_user AND pid <> pg_backend_pid()",
                (name,),
            )
    end = time.monotonic() + 5
    with _maintenance() as owner:
        while time.monotonic() < end:
            if not _has_sessions(owner, name):
                return
            time.sleep(0.02)


def _has_sessions(owner: psycopg.Connection[Any], name: str) -> bool:
    return owner.execute("SELECT 1 FROM pg_stat_activity WHERE datname = %s", (name,)).fetchone() is not None


def _remove_leftovers(owner: psycopg.Connection[Any], own: str, *, keep: str) -> None:
    """Templates of older code, but the last one, which another run may still be copying; databases of killed runs."""
    for name in _databases(owner, own)[:-1]:
        if name != keep:
            _drop(owner, name)
    for name in _databases(owner, "hub_test_"):
        if not Path(f"/proc/{name.split('_')[2]}").exists():
            _drop(owner, name)


def _databases(owner: psycopg.Connection[Any], prefix: str) -> list[str]:
    """In the order in which they were made."""
    rows = owner.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY oid", (prefix,)
    ).fetchall()
    return [name for (name,) in rows]


@contextmanager
def _maintenance() -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(os.environ["HUB_TEST_MAINTENANCE_URL"], autocommit=True) as connection:
        yield connection


def _fingerprint() -> str:
    """Of all migrations, the code that applies them, the grants and this harness."""
    digest = hashlib.sha256(grants.fingerprint().encode())
    digest.update(repr(sorted(grants.region_grants().items())).encode())
    for path in sorted(_sources()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _sources() -> Iterable[Path]:
    for config in apps.get_app_configs():
        yield from (Path(config.path) / "migrations").glob("*.py")
    yield from Path(apps.get_app_config("tenancy").path).rglob("*.py")
    yield Path(__file__)

"""Where hospitals under test keep their exchange databases: the test services' PostgreSQL, MariaDB if there is one."""

from __future__ import annotations

import os
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.harness import mariadb


def place(code: str, kind: str, *, disguise: str = "") -> dict[str, Any]:
    """What the sandbox is told of the database of hospital `code`; the server is started, the database made."""
    url = mariadb.url() if kind == "mariadb" else postgresql()
    return {"url": url, "schema": f"his_{code}", "account": account(code), "disguise": disguise}


def account(code: str) -> str:
    """The hub's account there; of this worker, since accounts belong to the whole server."""
    return f"{os.environ['HUB_OUTSIDE_ACCOUNTS']}{code}"


def endpoint(code: str, kind: str) -> str:
    """The profile's address: to be filled in are the host and port of the sandbox, through which everything goes."""
    name = f"his_{code}" if kind == "mariadb" else f"{_name()}?schema=his_{code}"
    return f"{kind}://{account(code)}@{{host}}:{{port}}/{name}"


@cache
def postgresql() -> str:
    """The administrator's address of a database of this process; the next run removes it with its other databases."""
    maintenance = os.environ["HUB_TEST_MAINTENANCE_URL"]
    with psycopg.connect(maintenance, autocommit=True) as owner:
        database = sql.Identifier(_name())
        owner.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database))
        owner.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(database))
    return os.environ["HUB_OUTSIDE_DATABASE_URL"]


def _name() -> str:
    return urlsplit(os.environ["HUB_OUTSIDE_DATABASE_URL"]).path.lstrip("/")

"""A second database hospitals may be moved to, on the tests' own server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from psycopg import sql

from hub.tenancy import registry

SECOND = "hospital_b"


@pytest.fixture
def second(committed: None) -> Iterator[str]:
    """A second database of the cluster, known to the settings as `hospital_b`."""
    name = f"{settings.DATABASES['default']['NAME']}_b"
    with psycopg.connect(os.environ["HUB_TEST_MAINTENANCE_URL"], autocommit=True) as owner:
        owner.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        owner.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        login = sql.Identifier(f"{settings.HUB_ROLE_PREFIX}_hospital")
        owner.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(name), login))
    for alias, like in ((SECOND, "hospital"), ("owner_b", "owner")):
        entry: dict[str, Any] = deepcopy({**settings.DATABASES[like], "NAME": name})
        settings.DATABASES[alias] = connections.settings[alias] = entry
    yield SECOND
    for alias in (SECOND, "owner_b"):
        connections[alias].close()
        if alias == SECOND:
            connections[alias].close_pool()  # type: ignore[attr-defined]
        del connections[alias]
        settings.DATABASES.pop(alias, None)
        connections.settings.pop(alias, None)
    with psycopg.connect(os.environ["HUB_TEST_MAINTENANCE_URL"], autocommit=True) as owner:
        owner.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is one process only: nobody has to hear of a stop."""
    monkeypatch.setattr(registry, "FRESH_SECONDS", 0.0)

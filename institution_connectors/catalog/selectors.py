"""Connector profiles, from memory: no query when warm.

Each process holds all profiles (one small row a hospital) and asks a version counter in Redis at most once in
`FRESH_SECONDS`; without Redis the rows are read again every `BLIND_SECONDS`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import connections
from redis import RedisError

from hub import redis
from hub.tenancy.context import registry_read
from institution_connectors.catalog.errors import NoConnector
from institution_connectors.catalog.models import Connector
from institution_connectors.contracts import BookingMode, ConnectorProfile, Limits, Operation, Options, decode

logger = logging.getLogger(__name__)

FRESH_SECONDS = 2.0
BLIND_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Snapshot:
    version: str | None
    database: str
    profiles: Mapping[str, ConnectorProfile]
    loaded_at: float


_lock = threading.Lock()
_snapshot: _Snapshot | None = None
_checked_at = 0.0


def profile(code: str) -> ConnectorProfile:
    """How to talk to hospital `code`; `NoConnector` if that is not possible."""
    found = _current().profiles.get(code)
    if found is None or not found.enabled:
        raise NoConnector(detail={"hospital": code})
    return found


def profiles() -> list[ConnectorProfile]:
    """All connectors, also those switched off, in order of hospital."""
    return [held for _, held in sorted(_current().profiles.items())]


def profile_of(code: str) -> ConnectorProfile | None:
    """The connector of a hospital, also one that is switched off; None if there is none."""
    return _current().profiles.get(code)


def test_endpoint(code: str) -> str:
    """The address of the hospital's test system, where messages may be tried first; empty if it named none."""
    held = _current().profiles.get(code)
    return held.options.extra.get("test_endpoint", "") if held is not None else ""


def test_profile(code: str) -> ConnectorProfile:
    """How to talk to the hospital's test system; `NoConnector` if it named none."""
    endpoint = test_endpoint(code)
    if not endpoint:
        raise NoConnector(detail={"hospital": code, "test": True})
    return replace(profile(code), endpoint=endpoint, at_test=True)


def can(code: str, operation: Operation) -> bool:
    """Whether hospital `code` answers `operation`."""
    held = _current().profiles.get(code)
    return held is not None and held.enabled and held.can(operation)


def forget() -> None:
    """Drop this process's snapshot and tell the others, after a connector was changed."""
    global _snapshot
    try:
        redis.client().incr(_version_key())
    except RedisError:
        logger.warning("the change of a connector is seen by other processes only after %s s", BLIND_SECONDS)
    with _lock:
        _snapshot = None


def from_row(row: Mapping[str, Any]) -> ConnectorProfile:
    """The profile of a stored row."""
    return ConnectorProfile(
        hospital=row["institution_code"],
        dialect=row["dialect"],
        endpoint=row["endpoint"],
        mode=BookingMode(row["mode"]),
        secret_ref=row["secret_ref"],
        capabilities=frozenset(Operation(name) for name in row["capabilities"]),
        options=decode(Options, row["options"]),
        limits=decode(Limits, row["limits"]),
        enabled=row["enabled"],
        version=row["version"],
    )


def _current() -> _Snapshot:
    global _snapshot, _checked_at
    now, database = time.monotonic(), str(connections["default"].settings_dict["NAME"])
    held = _snapshot
    if held is not None and now - _checked_at < FRESH_SECONDS and held.database == database:
        return held
    with _lock:
        version = _version()
        _checked_at = now
        if not _is_good(_snapshot, version, database, now):
            _snapshot = _Snapshot(version, database, _load(), now)
        assert _snapshot is not None
        return _snapshot


def _is_good(held: _Snapshot | None, version: str | None, database: str, now: float) -> bool:
    if held is None or held.database != database:
        return False
    return now - held.loaded_at < BLIND_SECONDS if version is None else version == held.version


def _load() -> dict[str, ConnectorProfile]:
    with registry_read():  # the catalogue is asked inside hospitals' scopes too; it holds no hospital's data
        rows = list(Connector.objects.values())
    return {row["institution_code"]: from_row(row) for row in rows}


def _version() -> str | None:
    try:
        return str(redis.client().get(_version_key()) or "0")
    except RedisError:
        return None


def _version_key() -> str:
    return redis.key("connectors", "version")

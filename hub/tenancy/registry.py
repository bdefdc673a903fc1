"""Which hospitals there are, from memory: no query when warm.

Each process holds a snapshot of the whole table (tens to a thousand small rows). A version counter in Redis is asked at
most once in `FRESH_SECONDS`; only when it moved are the rows read again. Without Redis the rows are read every
`BLIND_SECONDS`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, cast

import redis
from django.conf import settings

from hub.redis import connect
from hub.tenancy.context import registry_read
from hub.tenancy.errors import UnknownHospital
from hub.tenancy.models import Domain, Tenant, TenantState
from hub.tenancy.names import role_name

FRESH_SECONDS = 2.0
BLIND_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class TenantInfo:
    """What routing, scopes and limits need to know of a hospital."""

    code: str
    schema: str
    role: str
    state: str
    incarnation: int
    repair: str
    hosts: tuple[str, ...]
    database: str
    stopped_until: datetime | None
    limits: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    version: bytes | None
    by_code: Mapping[str, TenantInfo]
    by_host: Mapping[str, TenantInfo]
    loaded_at: float


_lock = threading.Lock()
_snapshot: _Snapshot | None = None
_checked_at = 0.0
_redis: redis.Redis | None = None


def tenant(code: str) -> TenantInfo:
    """The hospital called `code`; UnknownHospital if there is none or it has left."""
    info = _current().by_code.get(code)
    if info is None or info.state == TenantState.LEFT:
        raise UnknownHospital(detail={"hospital": code})
    return info


def state_of(code: str) -> str | None:
    """Where a hospital stands in its life, or None if it has no place here."""
    info = _current().by_code.get(code)
    return None if info is None else info.state


def tenant_of_host(host: str) -> TenantInfo | None:
    """The hospital whose own host this is."""
    info = _current().by_host.get(host)
    return None if info is None or info.state == TenantState.LEFT else info


def live_hospitals() -> list[str]:
    """Codes of the hospitals that are open, in order."""
    return sorted(info.code for info in _current().by_code.values() if info.state == TenantState.LIVE)


def hospitals() -> list[TenantInfo]:
    """Every hospital that has not left, in order of code: what sweeps and migrations visit."""
    return sorted(
        (info for info in _current().by_code.values() if info.state != TenantState.LEFT), key=lambda info: info.code
    )


def repair_of(code: str) -> str:
    """The work a hospital is closed for, or nothing."""
    info = _current().by_code.get(code)
    return "" if info is None else info.repair


def invalidate() -> None:
    """Call after changing a tenant or its hosts: this process reads anew at once, the others within FRESH_SECONDS."""
    _client().incr(_version_key())
    forget()


def forget() -> None:
    """Drop this process's snapshot."""
    global _snapshot
    with _lock:
        _snapshot = None


def _current() -> _Snapshot:
    global _snapshot, _checked_at
    now = time.monotonic()
    held = _snapshot
    if held is not None and now - _checked_at < FRESH_SECONDS:
        return held
    with _lock:
        held = _snapshot
        if held is not None and now - _checked_at < FRESH_SECONDS:
            return held
        version = _version()
        _checked_at = now
        known = version is not None or (held is not None and now - held.loaded_at < BLIND_SECONDS)
        if held is None or not known or (version is not None and version != held.version):
            held = _snapshot = _load(version, now)
        return held


def _load(version: bytes | None, now: float) -> _Snapshot:
    with registry_read():
        hosts: dict[int, list[str]] = {}
        for tenant_id, domain in Domain.objects.values_list("tenant_id", "domain"):
            hosts.setdefault(tenant_id, []).append(domain)
        rows = list(Tenant.objects.all())
    infos = [
        TenantInfo(
            code=row.code,
            schema=row.schema_name,
            role=role_name(row.code),
            state=row.state,
            incarnation=row.incarnation,
            database=row.database,
            stopped_until=row.writes_stopped_until,
            repair=row.repair,
            hosts=(f"{row.code}.{settings.BASE_HOST}", *sorted(hosts.get(row.pk, []))),
            limits=MappingProxyType(dict(row.limits)),
        )
        for row in rows
    ]
    return _Snapshot(
        version=version,
        by_code={info.code: info for info in infos},
        by_host={host: info for info in infos for host in info.hosts},
        loaded_at=now,
    )


def _version() -> bytes | None:
    """The version other processes raise; None while Redis can't be asked."""
    try:
        return cast(bytes, _client().get(_version_key()) or b"0")
    except redis.RedisError:
        return None


def _version_key() -> str:
    return f"{settings.HUB_ROLE_PREFIX}:tenancy:version"


def _client() -> redis.Redis:
    global _redis
    if _redis is None:
        _redis = connect(settings.HUB_REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)
    return _redis

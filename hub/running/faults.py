"""The scene of a fault: time, input, error and context, kept until somebody has found the cause (JA-OPS-06).

Written into the database when that can be done at once; else into a file beside, which the next watch takes in: the
database itself may be what failed, or a transaction of the faulty work may still be open.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import sys
import traceback
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.models import Q
from django.http import HttpRequest
from redis.exceptions import RedisError

from hub import clock, redis
from hub.actor import Actor, ActorKind, system_actor
from hub.errors import InvalidInput, NotFound
from hub.ids import uuid7
from hub.observability import context
from hub.running import shapes
from hub.running.models import Fault
from hub.running.permissions import CLOSE_FAULTS, VIEW
from hub.security import envelope
from hub.security.ciphers import TamperedCiphertext
from hub.security.keyring import REGION_OWNER, KeyMissing
from hub.security.permissions import require
from hub.tenancy.context import current_hospital, current_scope
from hub.tenancy.scope import REGION, region
from hub.work import work

WATCH = system_actor("运行记录")
FRAMES = 40
ALIKE_PER_HOUR = 20
"""So many scenes of one fault are kept an hour; the log line is written each time."""
LONGEST_CAUSE = 300
_PURPOSE = "running.spool"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSearch:
    """What an operator looks for; empty fields don't narrow."""

    since: datetime | None = None
    until: datetime | None = None
    who: str = ""
    what: str = ""
    open_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultView:
    """A fault as its readers see it; `scene` is {input, message, frames, cause, context}."""

    id: UUID
    at: datetime
    process: str
    place: str
    request_id: str
    hospital: str
    actor_name: str
    error: str
    fingerprint: str
    scene: dict[str, Any]
    closed_at: datetime | None
    closed_by_name: str
    cause: str


def keep(problem: BaseException, *, told: logging.LogRecord) -> None:
    """Keep the scene of a fault that was just logged. Never raises for a database or cache that is away."""
    columns = _columns(problem, told)
    if _too_many(str(columns["fingerprint"])):
        return
    try:
        if current_scope() is not None or connections["default"].in_atomic_block:
            _spool(columns)
        else:
            _store(columns)
    except DatabaseError:
        _spool(columns)


def take_in() -> int:
    """Store what waits in files of this machine; how many. A file that can't be read is put out of the way.

    Every kind of process comes by here: in a cluster each has a folder of its own.
    """
    taken = 0
    for path in sorted(_place().glob("*.fault")) if _place().is_dir() else []:
        try:
            columns = json.loads(envelope.open_sealed(_PURPOSE, path.read_bytes()))
            _store({**columns, "at": datetime.fromisoformat(columns["at"])})
        except FileNotFoundError:
            continue  # another process was faster
        except (ValueError, KeyMissing, TamperedCiphertext):
            path.rename(path.with_suffix(".unreadable"))
            continue
        path.unlink(missing_ok=True)
        taken += 1
    return taken


def faults(*, actor: Actor, search: FaultSearch, skip: int = 0, limit: int = 50) -> list[FaultView]:
    """Faults, newest first. One query."""
    require(actor, VIEW)
    with region(read_only=True):
        rows = Fault.objects.order_by("-at", "-id")
        if search.since is not None:
            rows = rows.filter(at__gte=search.since)
        if search.until is not None:
            rows = rows.filter(at__lt=search.until)
        if search.who:
            rows = rows.filter(actor_name__contains=search.who)
        if search.what:
            rows = rows.filter(Q(place__contains=search.what) | Q(error__contains=search.what))
        if search.open_only:
            rows = rows.filter(closed_at__isnull=True)
        return [_view(row) for row in rows[skip : skip + limit]]


def fault(*, actor: Actor, fault_id: UUID) -> FaultView:
    """One with its scene; NotFound. One query."""
    require(actor, VIEW)
    with region(read_only=True):
        row = Fault.objects.filter(id=fault_id).first()
    if row is None:
        raise NotFound
    return _view(row)


def close(*, actor: Actor, fault_id: UUID, cause: str) -> int:
    """Say what the cause was; every open fault of the same fingerprint is closed with it. How many."""
    require(actor, CLOSE_FAULTS)
    why = cause.strip()
    if not why or len(why) > LONGEST_CAUSE:
        raise InvalidInput(fields={"cause": "请写明原因和处理，不超过 300 字。"})
    with work(REGION, actor=actor) as unit:
        row = Fault.objects.filter(id=fault_id).first()
        if row is None:
            raise NotFound
        alike = Fault.objects.filter(fingerprint=row.fingerprint, closed_at__isnull=True)
        closed: int = alike.update(closed_at=unit.now, closed_by_name=actor.name[:64], cause=why)
        unit.audit("running.fault_closed", target=f"fault:{fault_id}", reason=why, detail={"alike": closed})
    return closed


def _columns(problem: BaseException, told: logging.LogRecord) -> dict[str, Any]:
    frames = traceback.extract_tb(problem.__traceback__)[-FRAMES:]
    lines = [f"{frame.filename.rsplit('site-packages/')[-1]}:{frame.lineno} {frame.name}" for frame in frames]
    error = f"{type(problem).__module__}.{type(problem).__qualname__}"
    mark = hashlib.sha256("\n".join([error, *lines[-6:]]).encode()).hexdigest()[:16]
    here, request = context.current(), context.current().request
    actor: Actor | None = getattr(request, "actor", None) or getattr(request, "user", None)
    known = actor if isinstance(actor, Actor) else None
    return {
        "id": uuid7(),
        "at": clock.now(),
        "process": _process(),
        "place": _where(told, request)[:200],
        "request_id": here.request_id[:64],
        "hospital": (current_hospital() or here.hospital or getattr(request, "hospital", None) or "")[:32],
        "actor_id": str(known.id) if known and known.id else here.actor_id,
        "actor_name": known.name[:64] if known and known.kind is ActorKind.STAFF else "",
        "error": error[:200],
        "fingerprint": mark,
        "scene": {
            "input": shapes.of_request(request) if request is not None else {},
            "message": shapes.drawn(str(problem)),
            "frames": lines,
            "cause": _cause(problem),
            "context": _surroundings(told, request),
        },
    }


def _where(told: logging.LogRecord, request: HttpRequest | None) -> str:
    match = getattr(request, "resolver_match", None)
    if request is not None:
        return f"{request.method} {match.route if match else 'unmatched'}"
    extra = vars(told)
    return str(extra.get("handler") or extra.get("task") or told.name)


def _surroundings(told: logging.LogRecord, request: HttpRequest | None) -> dict[str, Any]:
    match = getattr(request, "resolver_match", None)
    names = ("scope", "hospital", "attempt", "event", "task", "exchange_id")
    return {
        "said": str(told.msg),
        "parameters": {name: shapes.shape(value) for name, value in (match.kwargs if match else {}).items()},
        "host": platform.node(),
        "pid": os.getpid(),
        "python": platform.python_version(),
        "command": Path(sys.argv[0]).name,
        **{name: str(vars(told)[name]) for name in names if vars(told).get(name)},
    }


def _cause(problem: BaseException) -> str:
    cause = problem.__cause__ or problem.__context__
    return f"{type(cause).__module__}.{type(cause).__qualname__}" if cause else ""


def _process() -> str:
    return ("web" if context.current().request is not None else Path(sys.argv[0]).stem)[:20]


def _too_many(fingerprint: str) -> bool:
    store, key = redis.client(), redis.key("faults", fingerprint, f"{clock.now():%Y%m%d%H}")
    try:
        with store.pipeline() as pipe:
            pipe.incr(key)
            pipe.expire(key, 3600)
            counted = pipe.execute()[0]
    except RedisError:
        return False
    return int(counted) > ALIKE_PER_HOUR


def _store(columns: dict[str, Any]) -> None:
    with work(REGION, actor=WATCH) as unit:
        Fault.objects.bulk_create([Fault(**columns)], ignore_conflicts=True)
        unit.audit("running.fault_kept", target=f"fault:{columns['id']}", detail={"place": columns["place"]})


def _spool(columns: dict[str, Any]) -> None:
    """Sealed into a file that is whole or not there."""
    folder = _place()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    plain = json.dumps({**columns, "id": str(columns["id"]), "at": columns["at"].isoformat()}, ensure_ascii=False)
    draft = folder / f"{columns['id']}.draft"
    draft.write_bytes(envelope.seal(_PURPOSE, plain.encode(), owner=REGION_OWNER))
    draft.replace(folder / f"{columns['id']}.fault")


def _place() -> Path:
    return Path(settings.HUB_FAULTS_DIR)


def _view(row: Fault) -> FaultView:
    return FaultView(**{name: getattr(row, name) for name in FaultView.__dataclass_fields__})

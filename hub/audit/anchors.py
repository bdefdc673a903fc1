"""Anchors: every chain's newest seal, noted hourly in the district's own audit and in the object store.

Cutting a chain's end off leaves a chain that verifies in itself. An anchor says how far it had come; to hide a cut one
would have to rewrite the district's chain and the object store too. A schema restored from a backup lost its end by
design: it has a new incarnation, and anchors of an earlier one bind it no more.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections

from hub import clock
from hub.actor import system_actor
from hub.audit import entries, mac
from hub.errors import HubError
from hub.journal.world import REGION_WORLD, all_scopes, incarnation_of, open_scope, world_of
from hub.storage import objects
from hub.tenancy.keys import object_key
from hub.tenancy.scope import REGION
from hub.work import work

logger = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
SOON = timedelta(minutes=5)
ACTION = "audit.anchored"
TARGET = "audit:heads"
_KIND = "audit-anchor"
_NAME = re.compile(r"-(?P<size>\d+)-(?P<sha256>[0-9a-f]{64})\.json\Z")


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal of a chain, in which life of its schema."""

    sequence: int
    hash: str
    incarnation: int


def anchor() -> Mapping[str, Head]:
    """Note the heads of all chains now."""
    heads = _heads()
    detail: dict[str, list[int | str]] = {
        scope: [head.sequence, head.hash, head.incarnation] for scope, head in heads.items()
    }
    stored = _store(detail)
    with work(REGION, actor=system_actor("hub.audit.anchors")) as unit:
        unit.audit(ACTION, target=TARGET, detail={"heads": detail, "object": stored})
    return heads


def is_due(now: datetime) -> bool:
    """Whether the last anchor is an hour old; one the object store did not take is followed by another much sooner."""
    with open_scope(REGION, read_only=True), connections["default"].cursor() as cursor:
        cursor.execute(
            f"SELECT at, detail ->> 'object' FROM {REGION_WORLD.audit}"  # noqa: S608
            " WHERE target = %s ORDER BY at DESC LIMIT 1",
            [TARGET],
        )
        last = cursor.fetchone()
    return last is None or now - last[0] >= (EVERY if last[1] else SOON)


def anchored_in_district(scope: str, *, limit: int = 1000) -> list[Head]:
    """The heads of `scope` in the district's audit, newest first."""
    with open_scope(REGION, read_only=True), connections["default"].cursor() as cursor:
        cursor.execute(
            f"SELECT detail -> 'heads' -> %s FROM {REGION_WORLD.audit}"  # noqa: S608
            " WHERE target = %s AND action = %s ORDER BY at DESC LIMIT %s",
            [scope, TARGET, ACTION, limit],
        )
        found = [json.loads(head) for (head,) in cursor.fetchall() if head is not None]
    return [Head(*head) for head in found]


def anchored_in_store(scope: str, *, limit: int = 100) -> list[Head]:
    """The heads of `scope` in the newest anchors of the object store; one that is not ours is left out."""
    names = sorted(objects.keys(own_keys()), reverse=True)
    documents = (json.loads(objects.get(stored)) for stored in map(_stored_object, islice(names, limit)) if stored)
    heads = [
        document["heads"].get(scope)
        for document in documents
        if mac.verifies(document["key_id"], entries.canonical(document["heads"]), bytes.fromhex(document["mac"]))
    ]
    return [Head(*head) for head in heads if head is not None]


def _heads() -> dict[str, Head]:
    heads: dict[str, Head] = {}
    for scope in all_scopes():
        world = world_of(scope)
        try:
            with open_scope(scope, read_only=True), connections[world.alias].cursor() as cursor:
                cursor.execute(f"SELECT sequence, hash FROM {world.seal} ORDER BY sequence DESC LIMIT 1")  # noqa: S608
                last = cursor.fetchone()
        except (DatabaseError, HubError) as problem:
            logger.warning("anchor: can't be read", extra={"scope": scope, "failure": type(problem).__name__})
            continue
        if last is not None:
            heads[scope] = Head(last[0], bytes(last[1]).hex(), incarnation_of(scope))
    return heads


def _store(heads: dict[str, list[int | str]]) -> str:
    """Put the anchor where the database's administrators can't; an empty name if the store is away this hour."""
    key_id, signature = mac.sign(entries.canonical(heads))
    content = entries.canonical({"heads": heads, "key_id": key_id, "mac": signature.hex()})
    moment = clock.now().strftime("%Y%m%dT%H%M%SZ")
    name = f"{_installation()}-{moment}-{len(content)}-{hashlib.sha256(content).hexdigest()}.json"
    try:
        return objects.put_public(object_key(REGION, _KIND, name), content, content_type="application/json").key
    except HubError as problem:
        logger.warning("anchor: not in the object store this time", extra={"code": problem.code})
        return ""


def own_keys() -> str:
    """What the keys of this installation's anchors begin with, and those of `hub2` beside `hub` don't."""
    return object_key(REGION, _KIND, f"{_installation()}-")


def _installation() -> str:
    """Installations that share a bucket keep their anchors apart."""
    return f"{settings.HUB_ROLE_PREFIX}.{connections['default'].settings_dict['NAME']}"


def _stored_object(key: str) -> objects.StoredObject | None:
    found = _NAME.search(key)
    if found is None:
        return None
    return objects.StoredObject(
        key=key, content_type="application/json", size=int(found["size"]), sha256=found["sha256"]
    )

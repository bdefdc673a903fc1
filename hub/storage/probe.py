"""What this object store can do beyond the basics, found out on a canary object and never on a real one.

Object sub-resources (tags, retention, legal hold, ACL) are dangerous to assume: rclone's server answers 200 to
PUT ?tagging and overwrites the object's body with the tags (gofakes3 issue 72).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import urllib3
from minio.commonconfig import ENABLED, Tags
from minio.error import MinioException

from hub import ids
from hub.storage import client

_CANARY = b"canary"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Second belts that may be buckled; correctness never depends on one."""

    sub_resources: bool
    versioning: bool
    object_lock: bool


@lru_cache(maxsize=1)
def capabilities() -> Capabilities:
    """What the configured store can do; asked once per process."""
    versioning = _works(_versioned)
    return Capabilities(
        sub_resources=_works(_tags_survive),
        versioning=versioning,
        object_lock=versioning and _works(_lockable),  # a lock needs versions; servers without them answer anything
    )


def _works(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except (MinioException, urllib3.exceptions.HTTPError, ValueError):
        return False


def _tags_survive() -> bool:
    store, bucket, key = client.connection(), client.bucket(), f"_probe/{ids.uuid7()}"
    store.put_object(bucket, key, io.BytesIO(_CANARY), len(_CANARY))
    try:
        tags = Tags.new_object_tags()
        tags["purpose"] = "probe"
        store.set_object_tags(bucket, key, tags)
        response = store.get_object(bucket, key)
        body = response.read()
        response.release_conn()
        return body == _CANARY and dict(store.get_object_tags(bucket, key) or {}) == {"purpose": "probe"}
    finally:
        store.remove_object(bucket, key)


def _versioned() -> bool:
    return client.connection().get_bucket_versioning(client.bucket()).status == ENABLED


def _lockable() -> bool:
    client.connection().get_object_lock_config(client.bucket())
    return True

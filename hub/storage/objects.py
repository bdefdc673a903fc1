"""Put, get, head, list, copy, delete and presign: the calls every S3 server gets right.

Nothing else is ever called on a real object: a server without sub-resources answers 200 to PUT ?tagging and stores the
tags as the object's body (`probe.py`). What must not be lost with the server's memory (type, size, digest, data key)
is returned as `StoredObject`, and the caller keeps it in its own row.
"""

from __future__ import annotations

import hashlib
import io
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO

from minio.commonconfig import CopySource

from hub.security import envelope
from hub.security.ciphers import KEY_BYTES, SUITES, Suite
from hub.security.keyring import REGION_OWNER, ring
from hub.storage import client, sealing
from hub.storage.errors import ObjectDamaged, ObjectExists, ObjectMissing

_PART_BYTES = 8 << 20
_KEY_PURPOSE = "storage.data_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """All that is needed to read an object again; `wrapped_key` is None for public content stored plain."""

    key: str
    content_type: str
    size: int
    sha256: str
    suite: str = ""
    wrapped_key: bytes | None = None


def put(key: str, content: bytes | BinaryIO, *, content_type: str, owner: str = REGION_OWNER) -> StoredObject:
    """Store `content` sealed under a new data key, itself sealed by the key ring for `owner`."""
    _refuse_existing(key)
    suite = ring().active(owner).suite
    data_key = secrets.token_bytes(KEY_BYTES)
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    reader = sealing.SealingReader(source, suite, _body_key(suite, data_key), key)
    with client.translated(key):
        client.connection().put_object(client.bucket(), key, reader, -1, part_size=_PART_BYTES)  # type: ignore[arg-type]
    return StoredObject(
        key=key,
        content_type=content_type,
        size=reader.size,
        sha256=reader.sha256,
        suite=suite.name,
        wrapped_key=envelope.seal(_KEY_PURPOSE, data_key, owner=owner),
    )


def put_public(key: str, content: bytes, *, content_type: str) -> StoredObject:
    """Store content meant for everybody (pictures of a hospital) plain, so that it can be presigned."""
    _refuse_existing(key)
    with client.translated(key):
        client.connection().put_object(
            client.bucket(), key, io.BytesIO(content), len(content), content_type=content_type
        )
    return StoredObject(
        key=key, content_type=content_type, size=len(content), sha256=hashlib.sha256(content).hexdigest()
    )


def chunks(stored: StoredObject) -> Iterator[bytes]:
    """The object's bytes, piece by piece; ObjectDamaged at the latest after the last piece if any of it is wrong."""
    digest, size = hashlib.sha256(), 0
    with client.translated(stored.key):
        response = client.connection().get_object(client.bucket(), stored.key)
        try:
            if stored.wrapped_key is None:
                plain: Iterator[bytes] = response.stream(sealing.CHUNK_BYTES)
            else:
                suite = SUITES[stored.suite]
                body_key = _body_key(suite, envelope.open_sealed(_KEY_PURPOSE, stored.wrapped_key))
                plain = sealing.opened(response, suite, body_key, stored.key)  # type: ignore[arg-type]
            for piece in plain:
                digest.update(piece)
                size += len(piece)
                yield piece
        finally:
            response.close()
            response.release_conn()
    if size != stored.size or digest.hexdigest() != stored.sha256:
        raise ObjectDamaged(detail={"key": stored.key})


def get(stored: StoredObject) -> bytes:
    """The object's bytes, checked against size and digest."""
    return b"".join(chunks(stored))


def exists(key: str) -> bool:
    """Whether there is an object under `key`."""
    try:
        with client.translated(key):
            client.connection().stat_object(client.bucket(), key)
    except ObjectMissing:
        return False
    return True


def raw(key: str) -> Iterator[bytes]:
    """An object's bytes as they lie in the store, sealed or plain: for copies of the store, never for reading."""
    with client.translated(key):
        response = client.connection().get_object(client.bucket(), key)
        try:
            yield from response.stream(sealing.CHUNK_BYTES)
        finally:
            response.close()
            response.release_conn()


def put_raw(key: str, source: BinaryIO, *, size: int) -> None:
    """Put back what `raw` read; ObjectExists where something is."""
    _refuse_existing(key)
    with client.translated(key):
        client.connection().put_object(client.bucket(), key, source, size, part_size=_PART_BYTES)


def keys(prefix: str) -> Iterator[str]:
    """The keys that begin with `prefix`."""
    with client.translated(prefix):
        for entry in client.connection().list_objects(client.bucket(), prefix=prefix, recursive=True):
            if entry.object_name:
                yield entry.object_name


def copy_public(stored: StoredObject, key: str) -> StoredObject:
    """A copy of a plain object under another key. A sealed one is bound to its key: get it and put it again."""
    _require_plain(stored)
    _refuse_existing(key)
    with client.translated(stored.key):
        client.connection().copy_object(client.bucket(), key, CopySource(client.bucket(), stored.key))
    return StoredObject(key=key, content_type=stored.content_type, size=stored.size, sha256=stored.sha256)


def delete(key: str) -> None:
    """Remove an object; nothing happens when it is gone already."""
    with client.translated(key):
        client.connection().remove_object(client.bucket(), key)


def presigned_url(stored: StoredObject, *, lifetime: timedelta, file_name: str = "") -> str:
    """An address that works for `lifetime` without our login. The type travels in it: a server may forget it."""
    _require_plain(stored)
    headers = {"response-content-type": stored.content_type}
    if file_name:
        headers["response-content-disposition"] = f'attachment; filename="{file_name}"'
    with client.translated(stored.key):
        return client.connection().presigned_get_object(
            client.bucket(),
            stored.key,
            expires=lifetime,
            response_headers=headers,  # type: ignore[arg-type]
        )


def _body_key(suite: Suite, data_key: bytes) -> bytes:
    return suite.derive(data_key, "storage.body")


def _refuse_existing(key: str) -> None:
    if exists(key):
        raise ObjectExists(detail={"key": key})


def _require_plain(stored: StoredObject) -> None:
    if stored.wrapped_key is not None:
        raise ValueError(f"{stored.key} is sealed: its bytes mean nothing outside this process")

"""The connection to the object store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import urllib3
from django.conf import settings
from minio import Minio
from minio.error import MinioException, S3Error

from hub.storage.errors import ObjectMissing, StorageUnavailable

_MISSING = frozenset({"NoSuchKey", "NoSuchObject", "ResourceNotFound"})


class _Pool(urllib3.PoolManager):
    """Some servers (rclone) send errors as text/xml, which the SDK would refuse to read as an S3 error."""

    def urlopen(self, method: str, url: str, redirect: bool = True, **kw: Any) -> urllib3.BaseHTTPResponse:  # type: ignore[override]
        response = super().urlopen(method, url, redirect=redirect, **kw)
        if response.headers.get("content-type", "").startswith("text/xml"):
            response.headers["content-type"] = "application/xml"
        return response


def _pool(seconds: float, attempts: int) -> _Pool:
    return _Pool(
        timeout=urllib3.Timeout(connect=2, read=seconds),
        retries=urllib3.Retry(total=attempts, backoff_factor=0.1, status_forcelist=[502, 503, 504]),
        maxsize=8,
    )


def _connect(pool: _Pool) -> Minio:
    where: dict[str, Any] = settings.HUB_S3
    return Minio(
        where["endpoint"],
        access_key=where["access_key"],
        secret_key=where["secret_key"],
        secure=where["secure"],
        region="us-east-1",  # fixed: the SDK would ask the server for it before the first call
        http_client=pool,
    )


@lru_cache(maxsize=1)
def connection() -> Minio:
    """The client of this process; safe to share between threads."""
    return _connect(_pool(30, 2))


@lru_cache(maxsize=1)
def _impatient() -> Minio:
    return _connect(_pool(2, 0))


def bucket() -> str:
    """The bucket everything lies in."""
    return str(settings.HUB_S3["bucket"])


def reachable() -> bool:
    """Whether the store answers and the bucket is there; asked by `/readyz`, so it does not wait long."""
    try:
        return _impatient().bucket_exists(bucket())
    except (MinioException, urllib3.exceptions.HTTPError):
        return False


@contextmanager
def translated(key: str) -> Iterator[None]:
    """Turn the SDK's failures into ours."""
    try:
        yield
    except S3Error as problem:
        if problem.code in _MISSING:
            raise ObjectMissing(detail={"key": key}) from problem
        raise StorageUnavailable(detail={"key": key}) from problem
    except (MinioException, urllib3.exceptions.HTTPError) as problem:
        raise StorageUnavailable(detail={"key": key}) from problem

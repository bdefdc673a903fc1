"""Objects: sealed, checked, written once, and never lost to a sub-resource call."""

from __future__ import annotations

import ast
import io
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from minio.commonconfig import Tags

from hub import ids
from hub.embedded.places import CHECKOUT, Places
from hub.embedded.s3 import ObjectStore
from hub.embedded.services import Services
from hub.storage import client, objects, probe, sealing
from hub.storage.errors import ObjectDamaged, ObjectExists, ObjectMissing, StorageUnavailable

SECRET = "王小明的处方".encode()


@pytest.fixture
def key() -> str:
    return f"alpha/test/{ids.uuid7()}"


def _raw(key: str) -> bytes:
    response = client.connection().get_object(client.bucket(), key)
    try:
        return response.read()
    finally:
        response.close()
        response.release_conn()


def _overwrite(key: str, body: bytes) -> None:
    client.connection().put_object(client.bucket(), key, io.BytesIO(body), len(body))


@pytest.mark.parametrize("size", [0, 1, sealing.CHUNK_BYTES - 1, sealing.CHUNK_BYTES, sealing.CHUNK_BYTES + 1, 9 << 20])
def test_what_was_put_comes_back(key: str, size: int) -> None:
    body = secrets.token_bytes(size)
    stored = objects.put(key, io.BytesIO(body), content_type="application/pdf", owner="alpha")
    assert (stored.size, stored.content_type) == (size, "application/pdf")
    assert objects.get(stored) == body


def test_the_server_never_sees_plain_bytes(key: str) -> None:
    objects.put(key, SECRET * 100, content_type="text/plain", owner="alpha")
    assert SECRET not in _raw(key)


def test_two_owners_need_their_own_keys(key: str) -> None:
    mine = objects.put(key, SECRET, content_type="text/plain", owner="alpha")
    other = objects.put(f"{key}-2", SECRET, content_type="text/plain", owner="beta")
    assert mine.wrapped_key is not None
    assert other.wrapped_key is not None
    assert mine.wrapped_key[:10] != other.wrapped_key[:10]  # the header names the key that wrapped it


def test_an_altered_object_is_refused(key: str) -> None:
    stored = objects.put(key, SECRET, content_type="text/plain")
    body = bytearray(_raw(key))
    body[20] ^= 1
    _overwrite(key, bytes(body))
    with pytest.raises(ObjectDamaged):
        objects.get(stored)


def test_a_shortened_object_is_refused(key: str) -> None:
    stored = objects.put(key, secrets.token_bytes(3 * sealing.CHUNK_BYTES), content_type="text/plain")
    body = _raw(key)
    _overwrite(key, body[: 2 * (sealing.CHUNK_BYTES + 28)])  # whole chunks, but the last one is gone
    with pytest.raises(ObjectDamaged):
        objects.get(stored)


def test_an_object_does_not_open_under_another_key(key: str) -> None:
    stored = objects.put(key, SECRET, content_type="text/plain")
    _overwrite(f"{key}-2", _raw(key))
    with pytest.raises(ObjectDamaged):
        objects.get(replace(stored, key=f"{key}-2"))


def test_public_content_is_checked_too(key: str) -> None:
    stored = objects.put_public(key, b"picture", content_type="image/png")
    _overwrite(key, b"another")
    with pytest.raises(ObjectDamaged):
        objects.get(stored)


def test_an_object_is_written_once(key: str) -> None:
    objects.put(key, SECRET, content_type="text/plain")
    with pytest.raises(ObjectExists):
        objects.put(key, b"other", content_type="text/plain")


def test_list_copy_delete_and_missing(key: str) -> None:
    stored = objects.put_public(key, b"picture", content_type="image/png")
    copied = objects.copy_public(stored, f"{key}-copy")
    assert objects.get(copied) == b"picture"
    assert set(objects.keys(key)) == {key, f"{key}-copy"}
    objects.delete(key)
    objects.delete(key)
    assert not objects.exists(key)
    with pytest.raises(ObjectMissing):
        objects.get(stored)


def test_a_presigned_address_works_only_as_signed(key: str) -> None:
    stored = objects.put_public(key, b"picture", content_type="image/png")
    address = objects.presigned_url(stored, lifetime=timedelta(minutes=1), file_name="front.png")
    answer = httpx.get(address)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"picture", "image/png")
    assert "front.png" in answer.headers["content-disposition"]
    assert httpx.get(address.replace(key.split("/")[-1], str(ids.uuid7()))).status_code == 403


def test_a_presigned_address_ends(key: str) -> None:
    stored = objects.put_public(key, b"picture", content_type="image/png")
    address = objects.presigned_url(stored, lifetime=timedelta(seconds=1))
    time.sleep(2.1)
    assert httpx.get(address).status_code in {400, 403}


def test_a_sealed_object_is_not_presigned(key: str) -> None:
    stored = objects.put(key, SECRET, content_type="text/plain")
    with pytest.raises(ValueError, match="sealed"):
        objects.presigned_url(stored, lifetime=timedelta(minutes=1))


def test_the_trap_is_real_a_tag_overwrites_the_body_on_this_server(key: str) -> None:
    """The negative control of the rule below: if this ever fails, the server has learnt sub-resources."""
    _overwrite(key, b"PATIENT-DATA")
    tags = Tags.new_object_tags()
    tags["a"] = "b"
    client.connection().set_object_tags(client.bucket(), key, tags)
    assert b"<Tag" in _raw(key)


def test_the_probe_finds_the_trap_on_a_canary_and_cleans_up() -> None:
    probe.capabilities.cache_clear()
    found = probe.capabilities()
    assert found == probe.Capabilities(sub_resources=False, versioning=False, object_lock=False)
    assert list(objects.keys("_probe/")) == []


def test_real_objects_see_no_call_beyond_the_basics() -> None:
    """Only the probe may use sub-resources; everything else calls what every server gets right."""
    allowed = {
        *("put_object", "get_object", "stat_object", "list_objects", "copy_object", "remove_object"),
        *("presigned_get_object", "bucket_exists"),
    }
    used: set[str] = set()
    for path in [*(CHECKOUT / "hub").rglob("*.py"), *(CHECKOUT / "regional_services").rglob("*.py")]:
        if path.name == "probe.py" or "embedded" in path.parts:
            continue
        source = path.read_text(encoding="utf-8")
        if "minio" not in source and "hub.storage" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = ast.unparse(node.func.value)
                if owner.endswith(("connection()", "_impatient()", "store")):
                    used.add(node.func.attr)
    assert used
    assert used <= allowed, used - allowed


def test_a_server_that_is_away_is_said_so(key: str, settings_without_server: None) -> None:
    assert not client.reachable()
    with pytest.raises(StorageUnavailable):
        objects.exists(key)


@pytest.fixture
def settings_without_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(settings.HUB_S3, "endpoint", "127.0.0.1:9")
    client.connection.cache_clear()
    client._impatient.cache_clear()
    yield
    monkeypatch.undo()
    client.connection.cache_clear()
    client._impatient.cache_clear()


def test_the_type_survives_a_restart_of_the_server_in_our_own_row(tmp_path: Path) -> None:
    """rclone forgets the Content-Type when it restarts; a presigned address carries it."""
    services = Services(Places(tmp_path / "var"), durable=True, given={})
    store = next(part for part in services.parts if isinstance(part, ObjectStore))
    store.start()
    previous = dict(settings.HUB_S3)
    settings.HUB_S3.update(
        endpoint=services.env["HUB_S3_ENDPOINT"],
        access_key=services.env["HUB_S3_ACCESS_KEY"],
        secret_key=services.env["HUB_S3_SECRET_KEY"],
    )
    client.connection.cache_clear()
    try:
        stored = objects.put_public("alpha/image/1", b"dicom", content_type="image/x-dicom")
        store.stop()
        store.start()
        plain = client.connection().presigned_get_object(client.bucket(), stored.key)
        assert httpx.get(plain).headers["content-type"] != "image/x-dicom"
        ours = objects.presigned_url(stored, lifetime=timedelta(minutes=1))
        assert httpx.get(ours).headers["content-type"] == "image/x-dicom"
        assert objects.get(stored) == b"dicom"
    finally:
        store.stop()
        settings.HUB_S3.update(previous)
        client.connection.cache_clear()
    assert os.path.exists(tmp_path / "var" / "s3")

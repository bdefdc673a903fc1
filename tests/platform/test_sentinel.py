"""Redis behind Sentinels: what the hub keeps there goes on after the master has died."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.core.cache.backends.redis import RedisCache
from kombu.connection import Connection

from hub import sentinel
from hub.embedded.ports import PortBook
from hub.embedded.valkey import find_binary
from hub.observability import health
from hub.redis import connect

PASSWORD = "only-of-this-test"


@dataclass(slots=True)
class District:
    """A master, its replica, and one Sentinel that decides alone."""

    url: str
    master: subprocess.Popen[bytes]


def _until(holds: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.1)


def _started(directory: Path, name: str, lines: list[str], *arguments: str) -> subprocess.Popen[bytes]:
    (directory / name).mkdir()
    configuration = directory / name / "server.conf"
    configuration.write_text("\n".join(["bind 127.0.0.1", f'dir "{directory / name}"', *lines, ""]))
    return subprocess.Popen([str(find_binary()), str(configuration), *arguments], stdout=subprocess.DEVNULL)


def _info(port: int) -> dict[str, object]:
    try:
        answer: dict[str, object] = redis.Redis(port=port, password=PASSWORD).info("replication")
    except redis.RedisError:
        return {}
    return answer


@pytest.fixture
def district(tmp_path: Path) -> Iterator[District]:
    """All three in directories of their own, in step before the test begins."""
    book = PortBook(tmp_path / "ports.json")
    first, second, guard = (book.port(name) for name in ("first", "second", "guard"))
    login = [f"requirepass {PASSWORD}", f"masterauth {PASSWORD}", 'save ""']
    master = _started(tmp_path, "first", [f"port {first}", *login])
    replica = _started(
        tmp_path, "second", [f"port {second}", f"replicaof 127.0.0.1 {first}", "repl-diskless-sync-delay 0", *login]
    )
    _until(lambda: _info(second).get("master_link_status") == "up")
    watch = [
        f"port {guard}",
        f"sentinel monitor hub 127.0.0.1 {first} 1",
        f"sentinel auth-pass hub {PASSWORD}",
        "sentinel down-after-milliseconds hub 500",
        "sentinel failover-timeout hub 3000",
    ]
    sentinel_process = _started(tmp_path, "guard", watch, "--sentinel")
    try:
        _until(lambda: _replicas(guard) == 1)
        yield District(f"redis+sentinel://:{PASSWORD}@127.0.0.1:{guard}/hub/0", master)
    finally:
        for process in (sentinel_process, replica, master):
            process.kill()
            process.wait()


def _replicas(guard: int) -> int:
    try:
        return len(redis.Redis(port=guard).sentinel_slaves("hub"))
    except redis.RedisError:
        return 0


def _cache(url: str) -> RedisCache:
    settled = settings.CACHES["default"]
    return RedisCache([url], {"OPTIONS": settled["OPTIONS"]})


def _sent_and_taken(url: str) -> bool:
    """Whether Celery's broker takes a message and gives it back, as the settings would connect it."""
    where = sentinel.parse(url)
    assert where is not None
    made = Connection(where.broker_url, transport_options=where.broker_options)  # type: ignore[no-untyped-call]
    with made as broker:
        queue = broker.SimpleQueue("probe")
        queue.put({"number": 1})
        taken = queue.get(timeout=5)
        taken.ack()
        return bool(taken.payload == {"number": 1})


def test_the_hub_goes_on_with_the_new_master(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "HUB_REDIS_URL", district.url)
    client = connect(district.url, socket_timeout=2, socket_connect_timeout=1, decode_responses=True)
    cache = _cache(district.url)
    client.set("kept", "yes")
    cache.set("page", "as it was")
    assert _sent_and_taken(district.url)
    assert client.wait(1, 5000) == 1  # the replica has it; Sentinels promise no more than that

    district.master.kill()

    def _taken_over() -> bool:
        try:
            return bool(client.set("after", "1"))
        except redis.RedisError:
            return False

    _until(_taken_over)
    assert client.get("kept") == "yes"
    assert cache.get("page") == "as it was"
    assert _sent_and_taken(district.url)
    assert health.CHECKS[2].works()

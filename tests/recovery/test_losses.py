"""Redis, the database, the disk, the object store go away while bookings are made: nothing is lost, and it is said."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from hub import clock
from hub.audit import anchors
from hub.audit.chain import seal_pending
from hub.storage import client
from hub.work import work
from tests.harness.anchors import forget_anchors
from tests.journal.probes import someone
from tests.recovery.own_hub import OwnHub

WANTED = 8


def books_through(hub: OwnHub, loss: Callable[[], None]) -> str:
    """Bookings go on while `loss` comes over the hub; what the booking process said."""
    booker = hub.background("book", str(WANTED), "90")
    assert booker.stdout is not None
    said = [booker.stdout.readline() for _ in range(2)]
    loss()
    rest, errors = booker.communicate(timeout=150)
    text = "".join(said) + rest
    assert text.count("booked") == WANTED, text + errors[-2000:]
    everything_stands(hub, text)
    return text + errors


def everything_stands(hub: OwnHub, text: str) -> None:
    """Every booking a resident was told of is there, and all books tell one story."""
    hub.inside("sweep")
    there = hub.inside("ids").stdout
    for booking_id in re.findall(r"booked (\S+)", text):
        assert f"booking {booking_id}" in there
    for command in ("verify_bookings", "verify_numbers", "verify_money"):
        assert hub.manage(command).returncode == 0


@pytest.mark.slow
def test_redis_dies_and_comes_back_empty(own_hub: OwnHub) -> None:
    def loss() -> None:
        process = own_hub.valkey.process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(1)
        own_hub.valkey.start()

    books_through(own_hub, loss)


@pytest.mark.slow
def test_the_database_is_killed_and_started_again(own_hub: OwnHub) -> None:
    def loss() -> None:
        process = own_hub.postgres.process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(0.5)
        own_hub.postgres.start()

    assert "hindered" in books_through(own_hub, loss), "it was noticed"


@pytest.mark.slow
def test_the_disk_is_full_and_has_room_again(own_hub: OwnHub) -> None:
    if not own_hub.own_disk:
        pytest.skip("a disk that can be filled needs the right to mount a tmpfs")
    ballast = own_hub.base.parent / "ballast"
    good = own_hub.manage("backups").stdout.count("已完成")

    def loss() -> None:
        with suppress(OSError), ballast.open("wb") as file:
            while True:
                file.write(b"\0" * (1 << 20))
                file.flush()
        failed = own_hub.manage("backup", "cluster", check=False)
        assert failed.returncode != 0, "a backup that finds no room says so"
        assert failed.stderr, "in words: the database, too, may have no room to record it"
        time.sleep(2)
        ballast.unlink()
        if own_hub.postgres.ended():  # it stops rather than lose a commit; whoever supervises it starts it again
            own_hub.postgres.start()

    books_through(own_hub, loss)
    assert own_hub.manage("backups").stdout.count("已完成") == good, "nothing calls itself a backup that is none"
    assert own_hub.manage("backup", "cluster").returncode == 0, "and the next one is good"


def test_audit_anchors_catch_up_when_the_object_store_returns(alpha: str, settings: Settings) -> None:
    forget_anchors()
    with work(alpha, actor=someone("甲")) as unit:
        unit.audit("probe.act", target="x")
    seal_pending(alpha)
    here = settings.HUB_S3
    settings.HUB_S3 = {**here, "endpoint": "127.0.0.1:1"}
    client.connection.cache_clear()
    anchors.anchor()
    settings.HUB_S3 = here
    client.connection.cache_clear()
    assert anchors.anchored_in_store(alpha) == []
    assert not anchors.is_due(clock.now() + timedelta(minutes=1))
    assert anchors.is_due(clock.now() + timedelta(minutes=6)), "not only in an hour"
    anchors.anchor()
    assert [head.sequence for head in anchors.anchored_in_store(alpha)] == [1]
    assert not anchors.is_due(clock.now() + timedelta(minutes=6))

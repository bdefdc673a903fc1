"""Services for tests: their own cluster (nothing durable), kept between runs, ended by `stop()` or after idling.

`services()` may be called from any number of processes at once; the first one starts a keeper process that owns the
servers, the others find it through `var/test/keeper.json`.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.embedded import places, processes
from hub.embedded.credentials import write_private
from hub.embedded.services import Services
from hub.embedded.trouble import StartupError

IDLE_SECONDS = 45 * 60
START_SECONDS = 60


def services() -> dict[str, str]:
    """The environment of running test services; starts them when they don't run. Variables set already win."""
    where = places.test()
    where.prepare()
    with _lock(where):
        found = _running(where)
        if found is None:
            found = _start_keeper(where)
        _touch(where)
    return {**found, **{name: os.environ[name] for name in found if name in os.environ}}


def stop() -> None:
    """End the test services; nothing happens when they don't run."""
    where = places.test()
    if not where.base.exists():
        return
    with _lock(where):
        pid = _keeper_pid(where)
        if pid is None:
            return
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + 30
        while _is_keeper(pid) and time.monotonic() < end:
            time.sleep(0.05)


def keep() -> int:
    """The keeper process: own the servers until told to stop, until they have idled, or until one of them dies."""
    where = places.test()
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGINT, lambda *_: stopping.set())
    running = Services(where, durable=False)
    running.start()
    env = {**running.env, "HUB_STATIC_HASHED": "no"}
    write_private(_note(where), json.dumps({"pid": os.getpid(), "env": env}))
    try:
        while not stopping.wait(5):
            if time.time() - _note(where).stat().st_mtime > IDLE_SECONDS or not running.healthy():
                break
    finally:
        _note(where).unlink(missing_ok=True)
        running.stop()
    return 0


def _note(where: places.Places) -> Path:
    return where.base / "keeper.json"


def _touch(where: places.Places) -> None:
    _note(where).touch()


def _keeper_pid(where: places.Places) -> int | None:
    try:
        pid = int(json.loads(_note(where).read_text())["pid"])
    except (FileNotFoundError, ValueError):
        return None
    return pid if _is_keeper(pid) else None


def _is_keeper(pid: int) -> bool:
    try:
        return b"hub.embedded" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _running(where: places.Places) -> dict[str, str] | None:
    if _keeper_pid(where) is None:
        return None
    env: dict[str, str] = json.loads(_note(where).read_text())["env"]
    return env


def _start_keeper(where: places.Places) -> dict[str, str]:
    _note(where).unlink(missing_ok=True)
    log = where.logs / "keeper.log"
    with log.open("w") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "hub.embedded", "keep-test-services"],
            cwd=places.CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and keeper.poll() is None:
        if found := _running(where):
            return found
        time.sleep(0.05)
    raise StartupError(f"测试服务未能启动：\n{processes.tail(log)}", f"The test services did not start, see {log}.")


@contextmanager
def _lock(where: places.Places) -> Iterator[None]:
    where.base.mkdir(parents=True, exist_ok=True)
    with (where.base / "keeper.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield

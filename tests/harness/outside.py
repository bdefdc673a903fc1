"""The outside world for tests: the real sandbox program, started once a session, told by its control interface."""

from __future__ import annotations

import fcntl
import json
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
START_SECONDS = 30
PORTS = range(20_000, 30_000)
LOCKS = Path(tempfile.gettempdir()) / "hub-test-ports"
LOCKS.mkdir(exist_ok=True)
_held: list[IO[str]] = []


def free_port() -> int:
    """A port nobody listens on, kept for this process: another test process can't be given the same.

    Below the range of outgoing connections, so that none of those takes it between the asking and the listening.
    """
    for port in random.sample(PORTS, len(PORTS)):
        held = (LOCKS / str(port)).open("w")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.bind((HOST, port))
        except OSError:
            held.close()
            continue
        _held.append(held)
        return port
    raise RuntimeError("no free port")


class Outside:
    """A running sandbox; `board("his-alpha")` is one party's switches and actions."""

    def __init__(
        self,
        directory: Path,
        *,
        hospitals: Sequence[Mapping[str, Any]] = (),
        hub_url: str,
        parties: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self._control = f"http://{HOST}:{(port := free_port())}"
        self.directory = directory
        config = {
            "host": HOST,
            "hub": {"url": hub_url},
            "control": {"port": port},
            "hospitals": list(hospitals),
            **(parties or {}),
        }
        (directory / "sandbox.json").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
        self._log = (directory / "sandbox.log").open("w")
        self._process = self._started()
        self._wait()

    def _started(self) -> subprocess.Popen[bytes]:
        config = str(self.directory / "sandbox.json")
        return subprocess.Popen(
            [sys.executable, "-m", "sandbox", "--state", str(self.directory / "state"), "--config", config],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def board(self, key: str) -> Board:
        """One party on the control page."""
        return Board(f"{self._control}/api/parties/{quote(key)}")

    def begin_anew(self) -> None:
        """The same program with empty books: nothing of what earlier tests did outside."""
        self._end()
        shutil.rmtree(self.directory / "state")
        self._process = self._started()
        self._wait()

    def stop(self) -> None:
        """End the program."""
        self._end()
        self._log.close()

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait(15)

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            try:
                fetch("GET", f"{self._control}/api/parties")
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"the sandbox did not start:\n{(self.directory / 'sandbox.log').read_text()}")


class Board:
    """The switches and actions of one party, over the control interface."""

    def __init__(self, address: str) -> None:
        self._address = address

    def switch(self, name: str, value: object = True, *, times: int | None = None, only: Sequence[str] = ()) -> None:
        """Tell the party to do something wrong."""
        fetch("POST", f"{self._address}/switches/{name}", {"value": value, "times": times, "only": list(only)})

    def off(self, name: str) -> None:
        """Stop doing it."""
        fetch("DELETE", f"{self._address}/switches/{name}")

    def all_off(self) -> None:
        """Behave again."""
        fetch("DELETE", f"{self._address}/switches")

    def act(self, name: str, **parameters: object) -> dict[str, Any]:
        """Do something once; what came of it."""
        return fetch("POST", f"{self._address}/actions/{name}", parameters)

    def facts(self) -> dict[str, Any]:
        """What the control page shows."""
        facts: dict[str, Any] = fetch("GET", self._address)["facts"]
        return facts


def fetch(method: str, url: str, body: object = None) -> dict[str, Any]:
    """A JSON request; an error answer is raised with its text."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=10) as answer:
            result: dict[str, Any] = json.load(answer)
            return result
    except HTTPError as problem:
        raise AssertionError(f"{method} {url}: {problem.code} {problem.read().decode()}") from problem

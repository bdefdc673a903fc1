"""A hub of a test's own: its own PostgreSQL, Valkey and object store, to be restored, restarted, emptied and filled up.

Everything is done from outside, by the commands of the manual, in processes of their own.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from hub.embedded import credentials, places
from hub.embedded.postgres import THROWAWAY, Postgres
from hub.embedded.s3 import ObjectStore
from hub.embedded.services import Services
from hub.embedded.valkey import Valkey
from tests.harness.outside import free_port

ROOT = Path(__file__).resolve().parents[2]
_INHERITED = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
STEWARD = Path(__file__).with_name("steward.py")


class OwnHub:
    """The services and the environment that leads to them."""

    def __init__(self, base: Path, *, own_disk: bool, further: bool = False) -> None:
        self.base = base
        self.own_disk = own_disk
        self._where = places.Places(base)
        self.services = Services(self._where, durable=False, given={"HUB_ROLE_PREFIX": "hub"})
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        self.env: dict[str, str] = {
            **inherited,
            **self.services.env,
            "DJANGO_SETTINGS_MODULE": "hub.settings",
            "PYTHONPATH": str(ROOT),
            "HUB_STATIC_HASHED": "no",
            "HUB_BASE_HOST": "localhost",
            "HUB_KEYRING": str(base / "keyring.json"),
            "HUB_BACKUP_DIR": str(base / "vault"),
            "HUB_DB_POOL": "8",
        }
        self.further = self._further_server() if further else None
        self.services.start()
        self._socket = base / "steward"
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.recovery.steward", str(self._socket)],
            env=self.env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        end = time.monotonic() + 60
        while not self._socket.exists() and time.monotonic() < end:
            time.sleep(0.05)

    def _further_server(self) -> Postgres:
        """Another PostgreSQL, known to the hub as database `b`; started and stopped with the services."""
        where = places.Places(self.base / "further")
        where.prepare()
        server = Postgres(where, credentials.load(self._where.secrets), free_port(), prefix="hub", settings=THROWAWAY)
        self.services.parts.append(server)
        self.env["HUB_HOSPITAL_DATABASES"] = "b"
        for login in ("hospital", "owner", "backup"):
            self.env[f"HUB_{login.upper()}_DATABASE_URL_B"] = server.url(login)
        return server

    @property
    def postgres(self) -> Postgres:
        """The database server."""
        return next(part for part in self.services.parts if isinstance(part, Postgres))

    @property
    def valkey(self) -> Valkey:
        """The Redis server."""
        return next(part for part in self.services.parts if isinstance(part, Valkey))

    @property
    def store(self) -> ObjectStore:
        """The object store."""
        return next(part for part in self.services.parts if isinstance(part, ObjectStore))

    def manage(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """One command of the hub."""
        return self._run(self._steward(*command), check=check)

    def shell(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A piece of the manual, as a person would type it."""
        prelude = f'set -euo pipefail\nmanage.py() {{ {shlex.join(self._steward())} "$@"; }}\n'
        return self._run(["bash", "-c", prelude + script], extra=variables)

    def inside(self, *what: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Something of `tests.recovery.inside`."""
        return self.manage("inside", *what, check=check)

    def background(self, *what: str) -> subprocess.Popen[str]:
        """The same, going on beside the test."""
        return subprocess.Popen(
            self._steward("inside", *what), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def _steward(self, *command: str) -> list[str]:
        return [sys.executable, "-S", "-E", str(STEWARD), str(self._socket), *command]

    def end(self) -> None:
        """Stop and forget everything."""
        os.killpg(self._server.pid, signal.SIGKILL)
        self._server.wait()
        self.services.stop()
        self._where.forget()
        shutil.rmtree(self.base, ignore_errors=True)

    def _run(
        self, command: list[str], *, check: bool = True, extra: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command, env={**self.env, **(extra or {})}, cwd=ROOT, capture_output=True, text=True, timeout=240
        )
        if check and done.returncode != 0:
            raise AssertionError(
                f"{command[-3:]} ended with {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
            )
        return done

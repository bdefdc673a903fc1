"""A hub of a test's own: its own PostgreSQL, Valkey and object store, to be restored, restarted, emptied and filled up.

Everything is done from outside, by the commands of the manual, in processes of their own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from hub.embedded import places
from hub.embedded.postgres import Postgres
from hub.embedded.s3 import ObjectStore
from hub.embedded.services import Services
from hub.embedded.valkey import Valkey

ROOT = Path(__file__).resolve().parents[2]
_INHERITED = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
# The manual is written for a shell in which `manage.py` is the hub's own.
_SHELL = f'set -euo pipefail\nmanage.py() {{ "{sys.executable}" "{ROOT / "manage.py"}" "$@"; }}\n'


class OwnHub:
    """The services and the environment that leads to them."""

    def __init__(self, base: Path, *, own_disk: bool) -> None:
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
        self.services.start()

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
        return self._run([sys.executable, str(ROOT / "manage.py"), *command], check=check)

    def shell(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A piece of the manual, as a person would type it."""
        return self._run(["bash", "-c", _SHELL + script], extra=variables)

    def python(self, module: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A module of the tests, inside this hub."""
        return self._run([sys.executable, "-m", module, *arguments], check=check)

    def background(self, module: str, *arguments: str) -> subprocess.Popen[str]:
        """The same, going on beside the test."""
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=self.env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def end(self) -> None:
        """Stop and forget everything."""
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

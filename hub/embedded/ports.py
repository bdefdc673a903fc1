"""Ports on loopback: internal ones are picked once and remembered, outward ones are fixed and must be free."""

from __future__ import annotations

import errno
import json
import socket
from pathlib import Path

from hub.embedded import trouble
from hub.embedded.credentials import write_private

LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as problem:
            if problem.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def require_free(port: int, variable: str) -> None:
    """Stop with a clear line when somebody else listens on an address we print to people."""
    if not is_free(port):
        raise trouble.port_taken(port, variable)


def free_port() -> int:
    """A port of loopback nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


class PortBook:
    """Internal ports of one checkout, the same at every start unless another program has taken one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ports: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}

    def port(self, name: str) -> int:
        """The port of service `name`: the remembered one if it's still free, else a new one."""
        remembered = self._ports.get(name)
        if remembered is not None and is_free(remembered):
            return remembered
        picked = self._ports[name] = free_port()
        write_private(self._path, json.dumps(self._ports))
        return picked

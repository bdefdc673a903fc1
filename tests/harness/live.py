"""The hub on a port: its WSGI application in this process, its event streams in one of their own."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from weakref import WeakSet
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import httpx
from django.core.wsgi import get_wsgi_application

from hub.embedded import processes
from hub.embedded.places import CHECKOUT


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._lines: WeakSet[socket.socket] = WeakSet()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._lines.add(request)
        super().process_request(request, client_address)

    def hang_up(self) -> None:
        """No more is read: browsers open connections ahead of need, and their threads would wait for a request."""
        for line in list(self._lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RD)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Nothing: requests are not what a test prints."""


@contextmanager
def serving(host: str, port: int) -> Iterator[str]:
    """The hub answers at the yielded address until the block ends; requests under way are waited for."""
    server = make_server(host, port, get_wsgi_application(), server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.shutdown()
        thread.join()
        server.hang_up()
        server.server_close()


@contextmanager
def streaming(host: str, port: int, log: Path) -> Iterator[str]:
    """Event streams answer at the yielded address until the block ends."""
    granian = Path(sys.executable).with_name("granian")
    command = [str(granian), "--interface", "asgi", "hub.asgi:application", "--host", host, "--port", str(port)]
    server = processes.spawn([*command, "--workers", "1"], log=log, env=dict(os.environ), cwd=CHECKOUT)
    for _ in range(400):
        try:
            httpx.get(f"http://{host}:{port}/healthz", trust_env=False)
            break
        except httpx.HTTPError:
            time.sleep(0.05)
    try:
        yield f"http://{host}:{port}"
    finally:
        processes.stop(server, patience=0.5)  # it would wait for every page that still listens

"""The hub's WSGI application on a port of this process, for outside programs to call."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.wsgi import get_wsgi_application


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = False


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
        server.server_close()

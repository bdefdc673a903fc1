"""The city's identity service as tests need it: real HTTP, the signature verified, faults on demand."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class City:
    """Its register, what it was asked, and whether it is broken."""

    secret: bytes
    register: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    address: str = ""

    def answer(self, body: bytes, signature: str) -> tuple[int, dict[str, str]]:
        """As the real one: an unsigned question is refused."""
        if not hmac.compare_digest(hmac.digest(self.secret, body, "sha256").hex(), signature):
            return 401, {"error": "signature"}
        question = json.loads(body)
        self.asked.append(question)
        known = self.register.get(question["document_number"])
        result = "absent" if known is None else "match" if known == question["name"] else "mismatch"
        return self.status, {"result": result}


@contextmanager
def running(secret: bytes) -> Iterator[City]:
    """The service on a port of its own."""
    city = City(secret)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = city.answer(body, self.headers.get("X-Signature", ""))
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    city.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield city
    finally:
        server.shutdown()
        server.server_close()

"""The SMS gateway and WeChat's open platform, as small HTTP servers that check what they are sent."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class Parties(ThreadingHTTPServer):
    """Both parties on one port; what came in is kept, what WeChat answers is set by the test."""

    def __init__(self, sms_secret: bytes, wechat_secret: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sms_secret = sms_secret
        self.wechat_secret = wechat_secret
        self.sent: dict[str, dict[str, Any]] = {}
        self.wechat_answers: dict[str, dict[str, Any]] = {}
        self.fail_next = 0

    @property
    def address(self) -> str:
        """Where to reach them."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def code_sent_to(self, phone: str) -> str:
        """The code of the newest message to a phone."""
        return str([m["params"]["code"] for m in self.sent.values() if m["to"] == phone][-1])


class _Handler(BaseHTTPRequestHandler):
    server: Parties

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        expected = hmac.digest(self.server.sms_secret, body, hashlib.sha256().name).hex()
        if self.server.fail_next:
            self.server.fail_next -= 1
            self._answer(503, {})
        elif self.path != "/v1/messages" or self.headers.get("X-Signature") != expected:
            self._answer(401, {"accepted": False})
        else:
            message = json.loads(body)
            self.server.sent.setdefault(message["message_id"], message)
            self._answer(200, {"accepted": True})

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if query.get("secret") != self.server.wechat_secret:
            self._answer(200, {"errcode": 40125, "errmsg": "invalid appsecret"})
            return
        self._answer(200, self.server.wechat_answers.pop(query["code"], {"errcode": 40029, "errmsg": "invalid code"}))

    def log_message(self, *_arguments: object) -> None:
        """Quiet."""

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


@contextmanager
def running(sms_secret: bytes, wechat_secret: str) -> Iterator[Parties]:
    """The parties, listening."""
    server = Parties(sms_secret, wechat_secret)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""The parties outside as one real process, and a postbox in place of the hub's public address.

Notices go to the postbox first, so that a test decides when, how often and whether the hub gets them.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from django.test import Client

from tests.harness import environment

SECRET = "outside-test-secret"
APPID = "wx0000000000000001"
_PARTIES = ("control", "wechat_pay", "wechat_open", "sms", "city_identity")


@dataclass(frozen=True)
class Outside:
    """The running sandbox: addresses and switches."""

    urls: dict[str, str]

    def switch(
        self, party: str, name: str, value: Any = True, *, times: int | None = None, only: tuple[str, ...] = ()
    ) -> None:
        """Tell a party to do something wrong."""
        wanted = {"value": value, "times": times, "only": list(only)}
        httpx.post(f"{self.urls['control']}/api/parties/{party}/switches/{name}", json=wanted).raise_for_status()

    def calm(self) -> None:
        """All switches off."""
        for party in ("wechat-pay", "wechat-open", "sms", "city-identity"):
            httpx.delete(f"{self.urls['control']}/api/parties/{party}/switches").raise_for_status()

    def facts(self, party: str) -> dict[str, Any]:
        """What a party knows."""
        answer = httpx.get(f"{self.urls['control']}/api/parties/{party}").raise_for_status().json()
        return dict(answer["facts"])

    def pay(self, prepay_id: str) -> httpx.Response:
        """A payer presses the button."""
        return httpx.post(f"{self.urls['wechat_pay']}/cashier/pay", json={"prepay_id": prepay_id})

    def refunds(self, out_trade_no: str) -> list[dict[str, Any]]:
        """Every refund the channel made for a payment."""
        answer = httpx.get(f"{self.urls['wechat_pay']}/cashier/trades/{out_trade_no}/refunds")
        return list(answer.raise_for_status().json()["refunds"])


@dataclass(frozen=True)
class Letter:
    """A request that reached the hub's public address."""

    path: str
    headers: dict[str, str]
    body: bytes

    def deliver(self, client: Client) -> int:
        """Hand it to the hub as it came; the status of the answer."""
        headers = {name: value for name, value in self.headers.items() if name.lower().startswith(("wechatpay", "x-"))}
        answer = client.post(self.path, data=self.body, content_type="application/json", headers=headers)
        return int(answer.status_code)


class Postbox:
    """A server that keeps what is sent to it."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        box = self

        class Keep(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                box.letters.append(Letter(self.path, dict(self.headers.items()), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Keep)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Postbox:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, count: int = 1, seconds: float = 8) -> list[Letter]:
        """Take the letters out once there are so many."""
        end = time.monotonic() + seconds
        while len(self.letters) < count and time.monotonic() < end:
            time.sleep(0.02)
        assert len(self.letters) >= count, f"{len(self.letters)} of {count} letters came"
        letters, self.letters = self.letters, []
        return letters


@contextmanager
def running(state: Path) -> Iterator[Outside]:
    """The sandbox process with its books in `state`."""
    ports = dict(zip(_PARTIES, _free_ports(len(_PARTIES)), strict=True))
    config = {
        "host": "127.0.0.1",
        "hub": {"url": "http://localhost"},
        "control": {"port": ports["control"]},
        "wechat_pay": {"port": ports["wechat_pay"], "notice_delays": [0, 1, 1, 1]},
        "wechat_open": {"port": ports["wechat_open"], "apps": [{"appid": APPID, "secret": SECRET}]},
        "sms": {"port": ports["sms"], "secret": SECRET},
        "city_identity": {"port": ports["city_identity"], "secret": SECRET},
    }
    file = state / "sandbox.json"
    file.write_text(json.dumps(config))
    command = [sys.executable, "-m", "sandbox", "--state", str(state), "--config", str(file)]
    process = subprocess.Popen(command, cwd=environment.ROOT, stderr=subprocess.DEVNULL)
    outside = Outside({name: f"http://127.0.0.1:{port}" for name, port in ports.items()})
    try:
        _await(outside.urls["control"], process)
        yield outside
    finally:
        process.terminate()
        process.wait(10)


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        try:
            httpx.get(f"{url}/api/parties", timeout=1)
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the sandbox did not start")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports

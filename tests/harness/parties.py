"""The parties outside as one real process, and a postbox in place of the hub's public address.

Notices go to the postbox first, so that a test decides when, how often and whether the hub gets them.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from django.test import Client

from tests.harness.outside import HOST, Outside, free_port

SECRET = "outside-test-secret"
APPID = "wx0000000000000001"
PARTIES = ("wechat_pay", "wechat_open", "sms", "city_identity", "support_platform", "alipay", "city_app")
FOUNDATION = "data_foundation"  # runs with the others; a hub that is not told its address hands nothing over
EVENT_TOKEN, EVENT_KEY = "event-token", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"


_SCREENS = {
    "sms": ("sms", "sms", "to"),
    "wechat": ("wechat_open", "wechat", "openid"),
    "alipay": ("alipay", "alipay", "user_id"),
    "app": ("city_app", "city-app", "user_id"),
}


class Parties:
    """The parties beside the hospitals: payment, open platform, messages, the city's identity service."""

    def __init__(self, directory: Path, *, hub_url: str = "http://localhost") -> None:
        ports = {name: free_port() for name in PARTIES}
        foundation_port = free_port()
        self.foundation_url = f"http://{HOST}:{foundation_port}"
        self.urls = {name: f"http://{HOST}:{port}" for name, port in ports.items()}
        self.outside = Outside(
            directory,
            hub_url=hub_url,
            parties={
                "wechat_pay": {"port": ports["wechat_pay"], "notice_delays": [0, 1, 1, 1]},
                "wechat_open": {
                    "port": ports["wechat_open"],
                    "apps": [
                        {"appid": APPID, "secret": SECRET, "event_token": EVENT_TOKEN, "event_aes_key": EVENT_KEY}
                    ],
                },
                "alipay": {"port": ports["alipay"]},
                "city_app": {"port": ports["city_app"], "secret": SECRET},
                "sms": {"port": ports["sms"], "secret": SECRET},
                "city_identity": {"port": ports["city_identity"], "secret": SECRET},
                FOUNDATION: {"port": foundation_port, "secret": SECRET},
                "support_platform": {
                    "port": ports["support_platform"],
                    "clients": [{"id": "health-district-hub", "secret": SECRET}],
                },
            },
        )

    def switch(
        self, party: str, name: str, value: object = True, *, times: int | None = None, only: tuple[str, ...] = ()
    ) -> None:
        """Tell a party to do something wrong."""
        self.outside.board(party).switch(name, value, times=times, only=only)

    def calm(self) -> None:
        """All switches off."""
        for party in (*PARTIES, FOUNDATION):
            self.outside.board(party.replace("_", "-")).all_off()

    def received(self, channel: str, reader: str) -> list[dict[str, Any]]:
        """What a reader's screen shows at one channel (`sms`, `wechat`, `alipay`, `app`), newest first."""
        party, path, name = _SCREENS[channel]
        answer = httpx.get(f"{self.urls[party]}/control/{path}", params={name: reader})
        return list(answer.raise_for_status().json()["messages"])

    def facts(self, party: str) -> dict[str, Any]:
        """What a party knows."""
        return self.outside.board(party).facts()

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

        self._server = ThreadingHTTPServer((HOST, 0), Keep)
        self.origin = f"http://{HOST}:{self._server.server_address[1]}"

    def __enter__(self) -> Postbox:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
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

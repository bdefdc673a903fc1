"""A district of its own for measuring: the same programs as `make run`, started and stopped one by one.

Nothing of the product is imported: it is driven as its operators drive it, by commands, processes and HTTP.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
FIRST_PORT = 21600
OUTSIDE = (
    "HUB_WECHAT_PAY_URL",
    "HUB_WECHAT_OPEN_URL",
    "HUB_SMS_URL",
    "HUB_CITY_IDENTITY_URL",
    "HUB_STAFF_PLATFORM_URL",
    "HUB_INTERNET_HOSPITAL_URL",
    "HUB_ALIPAY_URL",
    "HUB_CITY_APP_URL",
    "HUB_ENTRY_CALLERS_URL",
    "HUB_INSURER_URL",
    "HUB_HEALTH_CARD_URL",
)
# All load comes from one address and the limits protect others from it; the limiter itself stays on the path.
RATES = "public=10000000/1000000,booking=600000/10000,default=600000/10000"
PAYING, ON_DAY = "yunxi", "wangchao"  # one that takes the fee inside the hold, one that takes it on the visit day
QUIET = (ON_DAY, "jiyue", "shiliu", "lanwan")  # the hospitals of the steady stream: fee on the visit day, REST
MEASURED = (PAYING, *QUIET)


@dataclass
class District:
    """The running parts; `var` is the state directory that the services were started under."""

    var: Path
    web_port: int = 0
    sandbox_port: int = 0
    events_port: int = 0
    env: dict[str, str] = field(default_factory=dict)
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.web_port = _free_block(FIRST_PORT, 1)
        self.events_port = _free_block(self.web_port + 1, 1)
        self.sandbox_port = _free_block(FIRST_PORT + 100, 140)
        self.env = {
            **os.environ,
            "HUB_BENCH": "yes",
            "HUB_PUBLIC_ORIGIN": f"http://localhost:{self.web_port}",
            "HUB_EVENTS_ORIGIN": f"http://{HOST}:{self.events_port}",
            "HUB_SANDBOX_PORT": str(self.sandbox_port),
            "HUB_HL7_LISTEN": f"{HOST}:{self.sandbox_port + 139}",
            "HUB_RATES": RATES,
            "PROMETHEUS_MULTIPROC_DIR": str(self.var / "metrics"),
            **{name: f"http://{HOST}:{self.sandbox_port + offset}" for offset, name in enumerate(OUTSIDE, start=1)},
        }
        (self.var / "metrics").mkdir(parents=True, exist_ok=True)

    @property
    def origin(self) -> str:
        """Where the web processes answer."""
        return f"http://{HOST}:{self.web_port}"

    def manage(self, *command: str, cwd: Path = ROOT) -> str:
        """A management command; what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command], cwd=cwd, env=self.env, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"manage.py {' '.join(command)[:200]}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
        return done.stdout

    def configure_sandbox(self, *, days: int, per_slot: int) -> None:
        """Smaller books for most hospitals, long queues of numbers for the two that are measured."""
        path = self.var / "sandbox.json"
        config = json.loads(path.read_text(encoding="utf-8"))
        for hospital in config["hospitals"]:
            hospital |= {"days": days, "doctors": 1, "per_slot": 1}
            if hospital["code"] in MEASURED:
                hospital["per_slot"] = per_slot
        path.write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")

    def start_sandbox(self) -> None:
        """The hospitals' systems and the other parties outside."""
        state, config = self.var / "sandbox", self.var / "sandbox.json"
        command = [sys.executable, "-m", "sandbox", "--state", str(state), "--config", str(config)]
        self._start("sandbox", command, f"http://{HOST}:{self.sandbox_port}/")

    def start_web(self, *, workers: int = 2, threads: int = 4) -> None:
        """The web processes, as `make run` has them."""
        command = [
            *(str(Path(sys.executable).parent / "granian"), "--interface", "wsgi", "hub.wsgi:application"),
            *("--host", HOST, "--port", str(self.web_port), "--workers", str(workers)),
            *("--blocking-threads", str(threads), "--backlog", "512", "--workers-kill-timeout", "10", "--no-ws"),
        ]
        self._start("web", command, f"{self.origin}/healthz", {"HUB_DB_POOL": "12", "HUB_DB_WARM": "8"})

    def start_events(self) -> None:
        """The process of event streams and of places in line."""
        command = [
            *(str(Path(sys.executable).parent / "granian"), "--interface", "asgi", "hub.asgi:application"),
            *("--host", HOST, "--port", str(self.events_port), "--workers", "1", "--backlog", "2048", "--no-ws"),
        ]
        self._start("events", command, f"http://{HOST}:{self.events_port}/healthz")

    def start_relay(self) -> None:
        """The executor of deliveries and outside calls."""
        self._start("relay", [sys.executable, "manage.py", "relay"], "", {"HUB_DB_POOL": "32", "HUB_DB_WARM": "28"})

    def pid(self, name: str) -> int:
        """The process of a running program."""
        return self._running[name].pid

    def stop(self, name: str) -> None:
        """Ask one program to end and wait for it."""
        process = self._running.pop(name, None)
        if process is None:
            return
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def stop_all(self) -> None:
        """End everything that was started here."""
        for name in reversed(list(self._running)):
            self.stop(name)

    def _start(self, name: str, command: list[str], health: str, env: dict[str, str] | None = None) -> None:
        log = self.var / "log" / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**self.env, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running[name] = process
        end = time.monotonic() + 60
        while health and not _answers(health):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{name} did not start:\n{log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.1)


def fetch(url: str) -> Any:
    """A JSON document."""
    with urlopen(url, timeout=30) as answer:
        return json.load(answer)


def listed(url: str) -> list[dict[str, Any]]:
    """A list of the public API, page by page to its end."""
    items: list[dict[str, Any]] = []
    joint, address = "&" if "?" in url else "?", url
    while True:
        page = fetch(address)
        items += page["items"]
        if not page["next"]:
            return items
        address = f"{url}{joint}cursor={page['next']}"


def _answers(url: str) -> bool:
    with suppress(URLError, OSError), urlopen(url, timeout=2):
        return True
    return False


def _free_block(first: int, count: int) -> int:
    """The first of `count` ports in a row that nobody listens on."""
    start = first
    while start < 60000:
        taken = next((port for port in range(start, start + count) if not _is_free(port)), None)
        if taken is None:
            return start
        start = taken + 1
    raise RuntimeError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True

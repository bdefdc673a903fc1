"""The processes of a running district, in starting order."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hub.embedded.places import Places
from hub.embedded.ports import LOOPBACK

WEB_PORT = 8000
EVENTS_PORT = 8001
SANDBOX_PORT = 8100
# Parties outside the district take the ports after the sandbox's own, the hospitals' systems those from 100 on.
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
    "HUB_DATA_FOUNDATION_URL",
)


@dataclass(frozen=True, slots=True)
class Program:
    """One supervised process; `health` is an address that answers when it is ready.

    `after_others` waits until all before it are ready; the rest start side by side.
    """

    name: str
    title: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    health: str = ""
    patience: float = 10
    after_others: bool = False


DEMO_RATES = "auth.code=1200/300,auth.token=1200/300,public=12000/2000"


@dataclass(frozen=True, slots=True)
class Addresses:
    """The outward ports; each has a variable, so that a taken port can be avoided."""

    bind: str
    web: int
    events: int
    sandbox: int

    @classmethod
    def from_environment(cls) -> Addresses:
        """HUB_BIND, HUB_PORT, HUB_EVENTS_PORT, HUB_SANDBOX_PORT."""
        return cls(
            bind=os.environ.get("HUB_BIND", LOOPBACK),
            web=int(os.environ.get("HUB_PORT", WEB_PORT)),
            events=int(os.environ.get("HUB_EVENTS_PORT", EVENTS_PORT)),
            sandbox=int(os.environ.get("HUB_SANDBOX_PORT", SANDBOX_PORT)),
        )

    def env(self) -> dict[str, str]:
        """What the processes need to know of them."""
        host = os.environ.get("HUB_BASE_HOST", "localhost")
        return {
            "HUB_BASE_HOST": host,
            "HUB_PUBLIC_ORIGIN": os.environ.get("HUB_PUBLIC_ORIGIN", f"http://{host}:{self.web}"),
            "HUB_EVENTS_ORIGIN": os.environ.get("HUB_EVENTS_ORIGIN", f"http://{host}:{self.events}"),
            "HUB_SANDBOX_PORT": str(self.sandbox),
            # All the demo's residents come from one address, so a limit per address has to let a whole district in.
            "HUB_RATES": os.environ.get("HUB_RATES", DEMO_RATES),
            **{
                name: os.environ.get(name, f"http://{LOOPBACK}:{self.sandbox + offset}")
                for offset, name in enumerate(OUTSIDE, start=1)
            },
        }


# Few blocking threads were fastest (ADR of the servers); they stay alive, since a new one opens its connections anew.
WEB_SHAPE = (
    *("--workers", "2", "--blocking-threads", "4"),
    *("--blocking-threads-idle-timeout", "600", "--backlog", "512"),
)

# Connections that keep the plans of this many hospitals (ADR 0312).
WEB_POOL = {"HUB_DB_POOL": "12", "HUB_DB_WARM": "8"}
RELAY_POOL = {"HUB_DB_POOL": "32", "HUB_DB_WARM": "28"}


def all_programs(where: Places, at: Addresses, pace: str) -> list[Program]:
    """Everything a district needs, and residents who use it."""
    python = sys.executable
    granian = str(Path(python).parent / "granian")
    metrics = where.base / "metrics"
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(metrics)}
    serve = ("--host", at.bind, "--respawn-failed-workers", "--workers-kill-timeout", "10", "--no-ws")
    listed = [
        Program(
            "sandbox",
            "外部系统沙箱 / outside world",
            (python, "-m", "sandbox", "--state", str(where.base / "sandbox"), "--config", str(sandbox_file(where))),
            health=f"http://{LOOPBACK}:{at.sandbox}/",
        ),
        Program(
            "web",
            "网站与接口 / web",
            (
                *(granian, "--interface", "wsgi", "hub.wsgi:application", "--port", str(at.web), *serve),
                *WEB_SHAPE,
            ),
            env={**shared, **WEB_POOL},
            health=f"http://{LOOPBACK}:{at.web}/healthz",
            patience=20,
        ),
        Program(
            "sse",
            "实时推送 / event streams",
            (
                *(granian, "--interface", "asgi", "hub.asgi:application", "--port", str(at.events), *serve),
                *("--workers", "1"),
            ),
            health=f"http://{LOOPBACK}:{at.events}/healthz",
        ),
        Program("hl7", "HL7 接收 / HL7 listener", (python, "manage.py", "hl7_listener"), env=shared),
        Program(
            "relay",
            "事件中继 / relay",
            (python, "manage.py", "relay"),
            env={**shared, **RELAY_POOL},
            patience=20,
        ),
        Program(
            "worker",
            "定时与后台任务 / schedule and heavy jobs",
            (
                *(python, "-m", "celery", "-A", "hub.celery", "worker", "--beat", "--concurrency", "1"),
                *("--schedule", str(where.base / "celerybeat-schedule"), "--loglevel", "WARNING"),
            ),
            env=shared,
            patience=20,
        ),
    ]
    synthetic = (python, "manage.py", "synthetic")
    listed.append(Program("synthetic", "平台巡检 / synthetic resident", synthetic, env=shared, after_others=True))
    if float(pace) > 0:
        day = (python, "-m", "sandbox.day", "--config", str(sandbox_file(where)), "--pace", pace)
        listed.append(Program("district-day", "区里的一天 / a day in the district", day, after_others=True))
    return listed


def sandbox_file(where: Places) -> Path:
    """The configuration of the outside world, written by the demo seed."""
    return where.base / "sandbox.json"

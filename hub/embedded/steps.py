"""What `make run` does once before the processes start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hub.embedded import processes, trouble
from hub.embedded.places import CHECKOUT, Places
from hub.embedded.stamps import Stamps, digest_of

_PACKAGES = ("hub", "institution_connectors", "tenants", "regional_services", "portal")


@dataclass(frozen=True, slots=True)
class Step:
    """A management command and what it depends on; `inputs` is read again at each start.

    `after` names the program that must be ready first; most steps run before all programs.
    """

    name: str
    title: str
    command: tuple[str, ...]
    inputs: Callable[[Mapping[str, str]], str]
    after: str = ""


def _sources(pattern: str) -> list[Path]:
    return [path for package in _PACKAGES for path in (CHECKOUT / package).glob(pattern)]


def _migrations(_env: Mapping[str, str]) -> str:
    return digest_of(_sources("**/migrations/*.py"))


def _seed(env: Mapping[str, str]) -> str:
    addresses = [f"{name}={env[name]}" for name in sorted(env) if name.endswith(("_ORIGIN", "_URL", "_PORT", "_HOST"))]
    sources = [*_sources("**/seed*/**/*.py"), *_sources("**/seed*.py"), *_sources("**/*.csv")]
    return digest_of(sources, _migrations(env), *addresses)


def _static(_env: Mapping[str, str]) -> str:
    return digest_of([*_sources("**/static/**/*"), CHECKOUT / "package-lock.json", CHECKOUT / "requirements.lock"])


_UNUSED_STATIC = ("--ignore", "rest_framework", "--ignore", "redoc")  # pages we don't have

STEPS = (
    Step("migrate", "数据库结构 / database schema", ("migrate_hub",), _migrations),
    Step("seed", "26 家机构与演示数据 / 26 institutions and demo data", ("seed_demo",), _seed),
    Step("symptoms", "导诊词表 / words of symptoms", ("seed_symptoms",), _seed),
    Step("static", "静态文件 / static files", ("collectstatic", "--noinput", "-v0", *_UNUSED_STATIC), _static),
    Step("merchants", "各机构商户开通 / merchant accounts", ("onboard_demo_merchants",), _seed, after="sandbox"),
    Step("messages", "消息渠道与模板 / message channels", ("onboard_demo_messages",), _seed, after="sandbox"),
)


def carry_out(step: Step, where: Places, env: Mapping[str, str], stamps: Stamps) -> bool:
    """Do a step unless nothing it depends on has changed; False when it was skipped.

    A database configured from outside may have been changed by others, so nothing is taken as done there.
    """
    digest = step.inputs(env)
    embedded = "HUB_OWNER_DATABASE_URL" not in os.environ
    if embedded and stamps.fresh(step.name, digest):
        return False
    log = where.logs / f"{step.name}.log"
    with log.open("w") as output:
        done = subprocess.run(
            [sys.executable, "manage.py", *step.command],
            cwd=CHECKOUT,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        trouble.require_room(where.base)
        raise trouble.StartupError(
            f"{step.title} 失败，日志末尾：\n{processes.tail(log)}", f"Step {step.name} failed, see {log}."
        )
    stamps.set(step.name, digest)
    return True

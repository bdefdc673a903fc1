"""`make check`: every check that needs no running service, two at a time; all run before it fails."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from hub.embedded.services import DUMMY
from tools import checklist, documents, promises, rules
from tools.catalogue import ROOT

BIN = Path(sys.executable).parent
SOURCES = (*rules.PACKAGES, "sandbox", "loadtest", "tests", "tools", "manage.py")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check found."""

    name: str
    seconds: float
    problems: str


def _tool(*command: str) -> str:
    """The output of a command that failed, else an empty text."""
    env = {**os.environ, **DUMMY, "HUB_LOG_LEVEL": "WARNING"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or f"exit code {done.returncode}"


def _manage(*command: str) -> str:
    return _tool(sys.executable, "manage.py", *command)


def _bin(name: str, *arguments: str) -> str:
    return _tool(str(BIN / name), *arguments)


def _openapi() -> str:
    with tempfile.TemporaryDirectory() as directory:
        schema = str(Path(directory) / "openapi.json")
        made = _manage("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", "--file", schema)
        broken = "" if made else "\n".join(promises.problems(Path(schema)))
        return made or broken or _bin("openapi-spec-validator", schema)


def _rule(rule: Callable[[], Iterator[str]]) -> Callable[[], str]:
    return lambda: "\n".join(rule())


# The longest first, so that the two lanes end together.
CHECKS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("mypy --strict", lambda: _bin("mypy", *SOURCES)),
    ("ruff check", lambda: _bin("ruff", "check", ".")),
    ("ruff format", lambda: _bin("ruff", "format", "--check", ".")),
    ("import-linter", lambda: _bin("lint-imports")),
    ("Django and Citus rules", lambda: _manage("check", "--fail-level", "WARNING")),
    ("house rules", lambda: _manage("check_house")),
    ("migrations complete", lambda: _manage("makemigrations", "--check", "--dry-run")),
    ("OpenAPI", _openapi),
    ("Helm chart", lambda: _tool(sys.executable, "-m", "tools.chart")),
    ("alerts and dashboard", lambda: _tool(sys.executable, "-m", "tools.monitoring")),
    ("security checklist", _rule(checklist.problems)),
    ("documents", _rule(documents.problems)),
    ("English catalogue", lambda: _tool(sys.executable, "-m", "tools.language", "--check")),
    *((name, _rule(rule)) for name, rule in rules.ALL.items()),
)


def _carry_out(check: tuple[str, Callable[[], str]]) -> Outcome:
    name, work = check
    started = time.monotonic()
    problems = work()
    return Outcome(name, time.monotonic() - started, problems)


def main() -> int:
    """Run all; the problems follow the line of their check."""
    failed: list[str] = []
    with ThreadPoolExecutor(max_workers=2) as lanes:
        for outcome in lanes.map(_carry_out, CHECKS):
            print(f"{'FAIL' if outcome.problems else 'ok  '} {outcome.name} ({outcome.seconds:.1f} s)", flush=True)
            if outcome.problems:
                failed.append(outcome.name)
                print(outcome.problems, flush=True)
    print(f"make check: {len(CHECKS) - len(failed)} of {len(CHECKS)} passed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m hub.embedded COMMAND`: services of this checkout from the command line."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping

from hub.embedded import places, supervisor, testing
from hub.embedded.postgres import MEASURED
from hub.embedded.services import DUMMY, Services
from hub.embedded.trouble import StartupError, from_os_error


def _print_exports(env: Mapping[str, str]) -> None:
    for name, value in sorted(env.items()):
        print(f"export {name}={shlex.quote(value)}")


def env() -> int:
    """Exports for the services of a running `make run`."""
    note = places.demo().base / "running.json"
    if not note.exists():
        raise StartupError(
            "本目录的服务没有运行：先执行 make run；测试服务用 python -m hub.embedded test-env。",
            "No services run in this checkout: `make run` first; `python -m hub.embedded test-env` has the tests' own.",
        )
    _print_exports(json.loads(note.read_text())["env"])
    return 0


def test_env() -> int:
    """Exports for the tests' services, started when they don't run."""
    _print_exports(testing.services())
    return 0


def dummy_env() -> int:
    """Exports for commands that read settings and talk to no service."""
    _print_exports(DUMMY)
    return 0


def with_services(name: str, command: list[str]) -> int:
    """Run a command with fresh, durable services of its own under `var/NAME`, started before and stopped after it."""
    where = places.Places(places.CHECKOUT / "var" / name)
    where.forget()
    services = Services(where, durable=True, postgres_settings=MEASURED)
    services.start()
    try:
        return subprocess.run(command, env={**os.environ, **services.env}, check=False).returncode
    finally:
        services.stop()


def stop_test_services() -> int:
    """End the tests' services."""
    testing.stop()
    return 0


COMMANDS: dict[str, Callable[[], int]] = {
    "run": supervisor.run,
    "reset": supervisor.reset,
    "env": env,
    "test-env": test_env,
    "dummy-env": dummy_env,
    "keep-test-services": testing.keep,
    "stop-test-services": stop_test_services,
}


def main(arguments: list[str]) -> int:
    """Run one command; a fault a person can mend is one clear line."""
    bench = len(arguments) > 2 and arguments[0] == "with-services"
    if not bench and (len(arguments) != 1 or arguments[0] not in COMMANDS):
        choices = ",".join(COMMANDS)
        print(f"usage: python -m hub.embedded {{{choices}}}\n   or: .. with-services NAME COMMAND ..", file=sys.stderr)
        return 2
    try:
        return with_services(arguments[1], arguments[2:]) if bench else COMMANDS[arguments[0]]()
    except StartupError as problem:
        print(f"{problem.chinese}\n{problem.english}", file=sys.stderr)
    except OSError as problem:
        line = from_os_error(problem, places.demo().base)
        print(f"{line.chinese}\n{line.english}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

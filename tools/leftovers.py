"""Finds processes a test run left behind by the mark in their environment, names them and ends them."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "HUB_PROCESS_MARK"


def marked(mark: str) -> Iterator[tuple[int, str]]:
    """Process id and command of every process of the run, but for ourselves and those that wait for us."""
    ours = set(_ancestors(os.getpid()))
    wanted = f"{VARIABLE}={mark}".encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in ours:
            continue
        try:
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name), (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has ended, or belongs to somebody else
            continue


def _ancestors(pid: int) -> Iterator[int]:
    while pid > 1:
        yield pid
        status = Path(f"/proc/{pid}/status").read_text()
        pid = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("PPid:"))


def main(arguments: list[str]) -> int:
    """1 when something was left behind."""
    found = list(marked(arguments[0]))
    for pid, command in found:
        print(f"left behind by the tests: {pid} {command[:200]}", file=sys.stderr)
        os.kill(pid, signal.SIGKILL)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

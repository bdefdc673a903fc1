"""Child processes that never outlive their parent."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class RunAs:
    """The user a child runs as."""

    uid: int
    gid: int


def die_with_parent(sign: signal.Signals) -> Callable[[], None]:
    """A hook for the child: the kernel sends it `sign` when the thread that started it ends, also after kill -9.

    Start children from the main thread only: the kernel watches the thread, not the process.
    """
    parent = os.getpid()

    def arm() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, sign, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arm


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    run_as: RunAs | None = None,
    cwd: Path | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    stdin: int | IO[str] = subprocess.DEVNULL,
) -> subprocess.Popen[str]:
    """Start a child in its own session (a Ctrl-C reaches only us, and we stop children in order)."""
    run_as = run_as if os.geteuid() == 0 else None  # only root may become somebody else
    with log.open("a") as output:
        return subprocess.Popen(
            list(command),
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=die_with_parent(death_signal),
            text=True,
            user=run_as.uid if run_as else None,
            group=run_as.gid if run_as else None,
            extra_groups=[] if run_as else None,
        )


def stop(process: subprocess.Popen[str], *, sign: signal.Signals = signal.SIGTERM, patience: float = 10) -> bool:
    """Ask a child to end; after `patience` seconds end its whole session by force. True if it went willingly."""
    if process.poll() is not None:
        return True
    process.send_signal(sign)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        clear_session(process)
        process.wait()
        return False
    clear_session(process)
    return True


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log, for the person who must know why a process failed."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def clear_session(process: subprocess.Popen[str]) -> None:
    """End what an ended child left in its session: workers that would hold its port."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)

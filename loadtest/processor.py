"""Processor time of the parts of a district, from /proc: on a machine shared with others it says more than a clock."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def of_session(leader: int) -> float:
    """Seconds used so far by the processes of one session (a program started by the district)."""
    return sum(seconds for _pid, _parent, session, seconds in _processes() if session == leader)


def of_processes(pids: Iterable[int]) -> float:
    """Seconds used so far by these processes; one that has ended counts no more."""
    wanted = frozenset(pids)
    return sum(seconds for pid, _parent, _session, seconds in _processes() if pid in wanted)


def of_server(data_directory: Path) -> float:
    """Seconds used so far by a PostgreSQL server: its postmaster, those it has reaped, those that live."""
    postmaster = int((data_directory / "postmaster.pid").read_text().split("\n", 1)[0])
    reaped = _fields(postmaster)
    living = sum(seconds for _pid, parent, _session, seconds in _processes() if parent == postmaster)
    return living + sum(int(field) for field in reaped[11:15]) / _TICKS


def pace() -> float:
    """Milliseconds of processor time of the same piece of arithmetic, the best of five: what this machine gives now.

    A virtual machine's processors are shared with others unseen; between two hours, or two seconds, the same work was
    seen to take 1.5 times as long. Figures of two runs are compared by this.
    """
    return min(_arithmetic() for _ in range(5)) * 1000


def _arithmetic() -> float:
    began, total = time.process_time(), 0
    for number in range(1_000_000):
        total += number * number % 7
    return time.process_time() - began


@dataclass
class Use:
    """Processor seconds between two moments."""

    web: float = 0.0
    database: float = 0.0
    driver: float = 0.0

    @property
    def total(self) -> float:
        """Of all three."""
        return self.web + self.database + self.driver


def used(web: int, data_directory: Path, act: Callable[[], object]) -> Use:
    """What an act costs the web processes, the database and the driver (with the programs it ran, such as pgbench)."""
    before = of_session(web), of_server(data_directory), _own()
    act()
    after = of_session(web), of_server(data_directory), _own()
    return Use(*(late - early for early, late in zip(before, after, strict=True)))


def spent_by(leaders: dict[str, int], data_directory: Path, act: Callable[[], object]) -> dict[str, float]:
    """What an act costs each of some programs and the database, by name."""

    def now() -> dict[str, float]:
        return {
            **{name: of_session(leader) for name, leader in leaders.items()},
            "database": of_server(data_directory),
        }

    before = now()
    act()
    return {name: late - before[name] for name, late in now().items()}


def _own() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _processes() -> list[tuple[int, int, int, float]]:
    """Number, parent, session and used seconds of every process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = _fields(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended meanwhile
            found.append(
                (int(entry.name), int(fields[1]), int(fields[3]), (int(fields[11]) + int(fields[12])) / _TICKS)
            )
    return found


def _fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the program's name."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()

"""The supervisor: one clear line for a fault, restart with patience, stop in order."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hub.embedded import programs, supervisor, trouble
from hub.embedded.places import CHECKOUT, Places
from hub.embedded.ports import PortBook
from hub.embedded.programs import Program


def _environment(tmp_path: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return {**kept, "HUB_VAR": str(tmp_path / "var"), **more}


def _run(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hub.embedded", *arguments],
        cwd=CHECKOUT,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("variable", ["HUB_PORT", "HUB_EVENTS_PORT", "HUB_SANDBOX_PORT"])
def test_a_taken_port_is_one_clear_line(tmp_path: Path, variable: str) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen(1)
        port = str(holder.getsockname()[1])
        ports = {name: str(_free_port()) for name in ("HUB_PORT", "HUB_EVENTS_PORT", "HUB_SANDBOX_PORT")}
        done = _run("run", env=_environment(tmp_path, **{**ports, variable: port}))
    assert done.returncode == 1
    assert f"端口 {port} 已被占用" in done.stderr
    assert f"set {variable} to another port" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trouble, "NEEDED_BYTES", 1 << 60)
    with pytest.raises(trouble.StartupError, match="磁盘空间不足"):
        trouble.require_room(tmp_path)


def test_a_second_run_in_the_same_checkout_is_refused(tmp_path: Path) -> None:
    where = Places(tmp_path / "var")
    where.prepare()
    with supervisor.only_one(where):
        done = _run("run", env=_environment(tmp_path))
    assert done.returncode == 1
    assert "已有一个 make run 在运行" in done.stderr


def test_an_internal_port_stays_the_same_until_somebody_takes_it(tmp_path: Path) -> None:
    book = tmp_path / "ports.json"
    first = PortBook(book).port("postgres")
    assert PortBook(book).port("postgres") == first
    with socket.socket() as thief:
        thief.bind(("127.0.0.1", first))
        thief.listen(1)
        assert PortBook(book).port("postgres") != first


def test_an_ended_process_is_started_again_and_what_it_left_is_cleared(tmp_path: Path) -> None:
    where = Places(tmp_path)
    where.prepare()
    counter = tmp_path / "starts"
    script = (
        "import subprocess, sys, time\n"
        f"open({str(counter)!r}, 'a').write('x')\n"
        "left = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(tmp_path / 'left')!r}, 'w').write(str(left.pid))\n"
        "time.sleep(0.6)\n"
    )
    program = Program("flaky", "flaky", (sys.executable, "-c", script))
    running = supervisor.Running(program, where, {})
    running.start()
    running.wait_ready()
    end = time.monotonic() + 10
    while len(_read(counter)) < 2 and time.monotonic() < end:
        running.watch()
        time.sleep(0.05)
    first_left = int((tmp_path / "left").read_text())
    assert len(_read(counter)) == 2
    running.stop()
    while _runs(first_left) and time.monotonic() < end:
        time.sleep(0.02)
    assert not _runs(first_left)


def test_a_process_that_ends_at_once_shows_the_end_of_its_log(tmp_path: Path) -> None:
    where = Places(tmp_path)
    where.prepare()
    program = Program("broken", "坏掉的程序", (sys.executable, "-c", "raise SystemExit('the reason')"))
    running = supervisor.Running(program, where, {})
    running.start()
    with pytest.raises(trouble.StartupError, match="the reason"):
        running.wait_ready()


def test_ctrl_c_stops_everything_in_reverse_order_and_leaves_nothing(tmp_path: Path) -> None:
    """The supervisor with three small programs instead of the district's, and real services below them."""
    script = tmp_path / "small.py"
    script.write_text(
        "import sys, signal, time, pathlib\n"
        "from hub.embedded import places, supervisor\n"
        "from hub.embedded.programs import Addresses, Program\n"
        "sleeper = (sys.executable, '-c', 'import time; time.sleep(60)')\n"
        "supervisor.STEPS = ()\n"
        "supervisor.all_programs = lambda *_: [Program(n, n, sleeper) for n in ('first', 'second', 'third')]\n"
        "sys.exit(supervisor.run())\n"
    )
    ports = {name: str(_free_port()) for name in ("HUB_PORT", "HUB_EVENTS_PORT", "HUB_SANDBOX_PORT")}
    mark = f"run-{os.getpid()}-{time.monotonic_ns()}"
    running = subprocess.Popen(
        [sys.executable, str(script)],
        cwd=CHECKOUT,
        env=_environment(tmp_path, PYTHONPATH=str(CHECKOUT), TEST_MARK=mark, **ports),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    while "Ctrl-C" not in (line := running.stdout.readline()):
        assert line, running.communicate()[1]
    environment = json.loads((tmp_path / "var" / "running.json").read_text())["env"]
    assert environment["HUB_PUBLIC_ORIGIN"] == f"http://localhost:{ports['HUB_PORT']}"

    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=40)

    assert running.returncode == 0
    stopped = [line.split()[1].rstrip(":") for line in errors.splitlines() if "stopped" in line]
    assert stopped == ["third", "second", "first", "s3", "valkey", "postgres"]
    assert not (tmp_path / "var" / "running.json").exists()
    assert _marked(mark) == []
    done = _run("reset", env=_environment(tmp_path))
    assert (done.returncode, (tmp_path / "var").exists(), Places(tmp_path / "var").outlying()) == (0, False, [])


def test_the_programs_of_a_district(tmp_path: Path) -> None:
    at = programs.Addresses("127.0.0.1", 8000, 8001, 8100)
    names = [program.name for program in programs.all_programs(Places(tmp_path), at, "10")]
    assert names == ["sandbox", "web", "sse", "hl7", "relay", "worker", "synthetic", "district-day"]
    day = programs.all_programs(Places(tmp_path), at, "10")[-1]
    assert day.command[-2:] == ("--pace", "10")
    assert "district-day" not in [program.name for program in programs.all_programs(Places(tmp_path), at, "0")]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _runs(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _marked(mark: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"TEST_MARK={mark}".encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_text())
        except OSError:
            continue
    return found

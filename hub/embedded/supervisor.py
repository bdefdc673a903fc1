"""`make run`: everything started in order, watched, and stopped in order."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hub.embedded import places, ports, processes, trouble
from hub.embedded.credentials import write_private
from hub.embedded.programs import Addresses, Program, all_programs
from hub.embedded.services import Services
from hub.embedded.stamps import Stamps
from hub.embedded.steps import STEPS, carry_out
from hub.embedded.welcome import welcome

READY_SECONDS = 60.0
STABLE_SECONDS = 60.0
LONGEST_PAUSE = 30.0


class Stopped(Exception):
    """Somebody asked us to end."""


class Running:
    """One supervised process: alive, or waiting to be started again."""

    def __init__(self, program: Program, where: places.Places, env: dict[str, str]) -> None:
        self.program = program
        self.log = where.logs / f"{program.name}.log"
        self._env = {**os.environ, **env, **program.env}
        self._process: subprocess.Popen[str] | None = None
        self._started = 0.0
        self._pause = 1.0
        self._due: float | None = None

    def start(self) -> None:
        """Start it now."""
        self._process = processes.spawn(self.program.command, log=self.log, env=self._env, cwd=places.CHECKOUT)
        self._started = time.monotonic()
        self._due = None

    def wait_ready(self) -> None:
        """Until it answers; a process without an address must only not end at once."""
        end = self._started + (READY_SECONDS if self.program.health else 0.5)
        while self._process is not None and self._process.poll() is None:
            if _answers(self.program.health) if self.program.health else time.monotonic() >= end:
                return
            if time.monotonic() >= end:
                break
            time.sleep(0.1)
        raise trouble.StartupError(
            f"{self.program.title} 未能启动，日志末尾：\n{processes.tail(self.log)}",
            f"{self.program.name} did not start, see {self.log}.",
        )

    def watch(self) -> None:
        """Start it again when it has ended, ever more patiently while it keeps ending."""
        if self._process is None or self._process.poll() is None:
            return
        now = time.monotonic()
        if self._due is None:
            processes.clear_session(self._process)
            self._pause = 1.0 if now - self._started > STABLE_SECONDS else min(self._pause * 2, LONGEST_PAUSE)
            self._due = now + self._pause
            _say(
                f"{self.program.title}: 退出码 {self._process.returncode}，{self._pause:.0f} 秒后重启 / "
                f"ended, starting again in {self._pause:.0f} s ({self.log})"
            )
        elif now >= self._due:
            self.start()
            _say(f"{self.program.title}: 已重启 / started again")

    def stop(self) -> bool:
        """Ask it to end and wait; False if force was needed."""
        return self._process is None or processes.stop(self._process, patience=self.program.patience)


class Supervisor:
    """The whole district on one machine."""

    def __init__(self, where: places.Places, at: Addresses, pace: str) -> None:
        self._where = where
        self._at = at
        self._pace = pace
        self._services = Services(where, durable=True)
        self._env = {**self._services.env, **at.env()}
        self._running: list[Running] = []
        self._number = 0
        self._total = len(self._services.parts) + len(STEPS)

    def run(self) -> int:
        """Start everything, then watch until told to stop."""
        signal.signal(signal.SIGINT, _raise_stopped)
        signal.signal(signal.SIGTERM, _raise_stopped)
        self._require_ports()
        try:
            self._start()
            self._watch()
        except Stopped:
            _say("正在停止 / stopping")
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            self._stop()
        return 0

    def _require_ports(self) -> None:
        for port, variable in (
            (self._at.web, "HUB_PORT"),
            (self._at.events, "HUB_EVENTS_PORT"),
            (self._at.sandbox, "HUB_SANDBOX_PORT"),
        ):
            ports.require_free(port, variable)

    def _start(self) -> None:
        metrics = self._where.base / "metrics"
        shutil.rmtree(metrics, ignore_errors=True)
        metrics.mkdir(parents=True)
        programs = all_programs(self._where, self._at, self._pace)
        self._total += len(programs)
        self._services.start(lambda name: self._progress(f"{name}: 就绪 / ready"))
        write_private(self._where.base / "running.json", json.dumps({"pid": os.getpid(), "env": self._env}))
        self._carry_out_steps(after="")
        waiting: list[Running] = []
        for program in programs:
            if program.after_others:
                self._wait_for(waiting)
            running = Running(program, self._where, self._env)
            self._running.append(running)
            waiting.append(running)
            running.start()
            if any(step.after == program.name for step in STEPS):
                self._wait_for(waiting)
                self._carry_out_steps(after=program.name)
        self._wait_for(waiting)
        print(welcome(self._where, self._at), flush=True)

    def _wait_for(self, waiting: list[Running]) -> None:
        """Until all of them are ready; most start side by side."""
        for running in waiting:
            running.wait_ready()
            self._progress(f"{running.program.title}: 就绪 / ready")
        waiting.clear()

    def _carry_out_steps(self, *, after: str) -> None:
        stamps = Stamps(self._where.base / "stamps.json")
        for step in STEPS:
            if step.after != after:
                continue
            started = time.monotonic()
            done = carry_out(step, self._where, self._env, stamps)
            seconds = time.monotonic() - started
            self._progress(f"{step.title}: {f'完成 / done ({seconds:.1f} s)' if done else '未变化 / unchanged'}")

    def _watch(self) -> None:
        while True:
            time.sleep(0.5)
            for running in self._running:
                running.watch()
            for part in self._services.parts:
                if part.ended():
                    _say(f"{part.name}: 意外退出，正在重启 / ended, starting again")
                    part.start()

    def _stop(self) -> None:
        for running in reversed(self._running):
            _report_stop(running.program.title, running.stop)
        for part in reversed(self._services.parts):
            _report_stop(part.name, part.stop)
        (self._where.base / "running.json").unlink(missing_ok=True)

    def _progress(self, text: str) -> None:
        self._number += 1
        print(f"[{self._number}/{self._total}] {text}", flush=True)


def run() -> int:
    """The command behind `make run`."""
    where = places.demo()
    where.prepare()
    trouble.require_room(where.base)
    with only_one(where):
        return Supervisor(where, Addresses.from_environment(), os.environ.get("PACE") or "1").run()


def reset() -> int:
    """The command behind `make reset`: forget data, secrets and logs; the environment and packages stay."""
    where = places.demo()
    if not where.base.exists():
        return 0
    with only_one(where):
        where.forget()
    _say("已清空演示数据 / demo data removed")
    return 0


@contextmanager
def only_one(where: places.Places) -> Iterator[None]:
    with (where.base / "run.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise trouble.StartupError(
                "本目录已有一个 make run 在运行。", "`make run` is already running in this checkout."
            ) from problem
        yield


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as response:  # noqa: S310 (our own loopback address)
            return bool(response.status < 500)
    except urllib.error.HTTPError as problem:
        return problem.code < 500
    except OSError:
        return False


def _report_stop(title: str, stop: Callable[[], bool]) -> None:
    started = time.monotonic()
    word = "已停止 / stopped" if stop() else "强制结束 / killed"
    _say(f"{title}: {word} ({time.monotonic() - started:.1f} s)")


def _raise_stopped(*_: object) -> None:
    raise Stopped


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)

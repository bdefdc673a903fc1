"""A Celery worker killed in the middle of a task: what it had stored stands, the rest is taken up, nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from hub import clock
from hub.outbox.relay import drain
from hub.security.roles import Role
from institution_connectors.runtime import adapters, gate
from tenants.registry import onboarding, tasks
from tenants.registry.joining import JoiningView, joining
from tenants.registry.models import OnboardingState, StepState
from tests.booking.world import register_institution
from tests.crash.conftest import eventually
from tests.harness.environment import ROOT
from tests.harness.outside import Outside
from tests.portal.desks import desk_of
from tests.portal.test_region_institutions import FORM, NEW


@pytest.fixture
def his(tmp_path: Path) -> Iterator[Outside]:
    """The hospital that is about to join, with its own system."""
    gate.reset()
    world = Outside(tmp_path, hospitals=[NEW.entry], hub_url="http://127.0.0.1:9")
    yield world
    world.stop()
    adapters.close_all()


@contextmanager
def worker(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker of the queue that holds the owner's login; whatever it left is killed at the end."""
    command = [
        sys.executable, "-m", "celery", "-A", "hub.celery", "worker", "--queues=institutions", "--concurrency=1",
        "--without-mingle", "--without-gossip", "--pool=prefork",
    ]  # fmt: skip
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "hub.settings"}
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """As the kernel would when memory is short, or a machine that loses power: no goodbye, children included."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def steps_of(view: JoiningView) -> dict[str, tuple[StepState, int]]:
    return {step.name: (step.state, step.attempts) for step in view.steps}


def test_a_joining_goes_on_after_its_worker_was_killed(alpha: str, his: Outside, tmp_path: Path) -> None:
    register_institution(alpha)
    board = his.board(f"his-{NEW.code}")
    board.switch("hang")
    code = FORM["code"]
    assert desk_of(Role.OPERATIONS).post("/district/joining/new", FORM).status_code == 302
    drain()
    with worker(tmp_path / "worker.log") as process:
        eventually(lambda: steps_of(joining(code))["connector"][0] is StepState.DONE, seconds=60)
        assert joining(code).state is OnboardingState.RUNNING, "it waits for a hospital that does not answer"
        kill(process)
    board.all_off()
    assert tasks.sweep() == 0, "a worker that is only slow is not overtaken"
    with clock.shifted(onboarding.SILENCE + timedelta(seconds=1)):
        assert tasks.sweep() == 1
    view = joining(code)
    assert view.state is OnboardingState.READY
    assert steps_of(view) == dict.fromkeys(onboarding.STEPS, (StepState.DONE, 1)), "no step was taken twice"

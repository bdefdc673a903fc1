"""Which Python makes the environment: the distribution's, which is the fastest, and another where that one can't."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.catalogue import ROOT

DISTRIBUTION = Path("/usr/bin/python3")
OURS = os.path.realpath(sys.executable)
NO_VENV = "import sys; sys.modules['ensurepip'] = None; from hub.embedded import bootstrap as b; "


def program(path: Path, lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)
    return path


def chosen(path: str, *arguments: str, **environment: str) -> str:
    """What the Makefile would start the preparation with, on a machine with this search path."""
    question = "--eval=which-python: ; @echo $(SYSTEM_PYTHON) of $(PYTHONS)"
    done = subprocess.run(
        ["make", "--no-print-directory", question, *arguments, "which-python"],
        cwd=ROOT,
        env={**os.environ, "PATH": path, "MAKEFLAGS": "", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_distributions_python_comes_before_the_one_on_the_path(tmp_path: Path) -> None:
    compiled = program(tmp_path / "bin" / "python3", f'exec {OURS} "$@"')
    old = program(tmp_path / "old" / "python3", "exit 1")  # says that it is older than 3.11
    path = f"{compiled.parent}:{os.environ['PATH']}"
    if DISTRIBUTION.exists() and subprocess.run([DISTRIBUTION, "-c", "import tomllib"]).returncode == 0:
        assert chosen(path).startswith(f"{DISTRIBUTION} of {DISTRIBUTION} python3 ")
        assert chosen(path, PYTHON=str(old)).startswith(f"{DISTRIBUTION} of "), "a variable of other tools is obeyed"
    assert chosen(path, f"PYTHON={compiled}") == f"{compiled} of {compiled}", "another is tried than the one asked for"
    assert chosen(path, f"PYTHON={old}") == f"of {old}"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of nothing but the preparation, where apt reaches no network and the first Python is too old."""
    for name in ("__init__.py", "bootstrap.py", "trouble.py"):
        target = tmp_path / "hub" / "embedded" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "hub" / "embedded" / name, target)
    (tmp_path / "var" / "log").mkdir(parents=True)
    program(tmp_path / "bin" / "apt-get", 'echo "asked: $*"; exit 100')
    program(tmp_path / "bin" / "python3", "exit 1")
    return tmp_path


def prepare(checkout: Path, *pythons: str) -> subprocess.CompletedProcess[str]:
    """Make the environment with a Python whose `ensurepip` the distribution keeps in a package of its own."""
    return subprocess.run(
        [OURS, "-c", f"{NO_VENV} b.make_environment(sys.argv[1:])", *pythons],
        cwd=checkout,
        env={**os.environ, "PATH": f"{checkout / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )


def test_a_python_that_cant_make_an_environment_and_cant_be_helped_leaves_it_to_another(checkout: Path) -> None:
    failed = prepare(checkout, "python3", "python3.99")
    assert failed.returncode != 0
    assert "StartupError" in failed.stderr
    assert not (checkout / ".venv").exists(), "an environment without pip"
    if os.geteuid() == 0:
        assert "asked: " in (checkout / "var" / "log" / "setup.log").read_text(), "apt was not asked"

    able = program(checkout / "other" / "python3.12", f'exec {OURS} "$@" --without-pip')  # unpacking it takes seconds
    done = prepare(checkout, "python3", str(able))
    assert done.returncode == 0, done.stderr
    assert str(able) in done.stdout
    assert (checkout / ".venv" / "bin" / "python").exists()
    before = (checkout / ".venv" / "pyvenv.cfg").stat().st_mtime_ns
    assert prepare(checkout).returncode == 0
    assert (checkout / ".venv" / "pyvenv.cfg").stat().st_mtime_ns == before, "an environment that is there is made anew"

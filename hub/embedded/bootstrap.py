"""What must be there before anything of ours runs: the virtual environment, pinned packages, front-end packages.

Run by the machine's own Python (`python3 -m hub.embedded.bootstrap run|dev [PYTHON...]`), so it imports the standard
library and the module beside it that does the same. Each step is skipped when its inputs have not changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from hub.embedded import trouble
from hub.embedded.trouble import StartupError

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = ROOT / "var" / "log" / "setup.log"
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock"}
NODE_LOCK = "requirements-node.lock"


def main(arguments: Sequence[str]) -> int:
    """Prepare for `run` or `dev`, with another of the Pythons named after it where this one can't; one line a step."""
    if not arguments or arguments[0] not in LOCKS:
        print(f"usage: python3 -m hub.embedded.bootstrap {{{','.join(LOCKS)}}} [PYTHON...]", file=sys.stderr)
        return 2
    try:
        LOG.parent.mkdir(parents=True, exist_ok=True)
        trouble.require_room(ROOT)
        _step("Python 环境 / virtual environment", lambda: make_environment(arguments[1:]))
        _step("Python 依赖 / pinned packages", lambda: _install_locked(LOCKS[arguments[0]]))
        _step("前端依赖 / front-end packages", _install_front_end)
    except StartupError as problem:
        print(f"{problem.chinese}\n{problem.english}", file=sys.stderr)
        return 1
    except OSError as problem:
        line = trouble.from_os_error(problem, ROOT)
        print(f"{line.chinese}\n{line.english}", file=sys.stderr)
        return 1
    return 0


def _step(title: str, work: Callable[[], bool]) -> None:
    started = time.monotonic()
    if work():
        print(f"[准备] {title}: 完成 ({time.monotonic() - started:.1f} s)", flush=True)


def make_environment(pythons: Sequence[str]) -> bool:
    """Make .venv with this Python, or with the first of `pythons` that can; one that is there stays as it is."""
    if PYTHON.exists():
        return False
    _execute([_able(pythons), "-m", "venv", str(VENV)], "python3 -m venv")
    return True


def _able(pythons: Sequence[str]) -> str:
    """The Python that can make an environment: ours, ours with what we may add to it, or another."""
    if find_spec("ensurepip") is not None:
        return sys.executable
    try:
        _install_venv_module()
    except StartupError:  # not root, or no network to Debian: a slower Python is better than none
        for name in pythons:
            if _makes_environments(name):
                print(f"[准备] 改用 / instead: {name}", flush=True)
                return name
        raise
    return sys.executable


def _makes_environments(name: str) -> bool:
    test = "import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))"
    return shutil.which(name) is not None and subprocess.run([name, "-c", test], capture_output=True).returncode == 0


def _install_venv_module() -> None:
    """Debian splits `venv` off; as root we may add it, else we name the command."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    remedy = f"apt-get install {version}-venv"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise trouble.missing_tool(f"{version}-venv", remedy)
    print(f"[准备] {remedy} …", flush=True)
    apt = ["apt-get", "-q", "-o", "Acquire::http::Timeout=15", "-o", "Acquire::Retries=1"]  # another may have to do
    _execute([*apt, "update"], "apt-get update")
    _execute([*apt, "install", "-y", f"{version}-venv"], remedy)


def _install_locked(lock: str) -> bool:
    """Exactly what the lock file names, each file checked against its hash."""
    source = ROOT / lock
    stamp = VENV / f".{lock}.installed"
    digest = _digest([source])
    if stamp.exists() and stamp.read_text() == digest:
        return False
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-deps"]
    _execute([*pip, "--require-hashes", "-r", str(source)], f"pip install -r {lock}")
    stamp.write_text(digest)
    return True


def _install_front_end() -> bool:
    modules = ROOT / "node_modules"
    stamp = modules / ".installed"
    digest = _digest([ROOT / "package.json", ROOT / "package-lock.json"])
    if stamp.exists() and stamp.read_text() == digest:
        return False
    path = os.environ.get("PATH", "")
    if not (shutil.which("node") and shutil.which("npm")):
        _install_locked(NODE_LOCK)
        path = f"{VENV / 'bin'}:{path}"
    npm = shutil.which("npm", path=path)
    if npm is None:
        raise trouble.missing_tool("npm", "apt-get install npm")
    _execute([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "npm ci", path=path)
    stamp.write_text(digest)
    return True


def _execute(command: Sequence[str], title: str, path: str | None = None) -> None:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", **({"PATH": path} if path else {})}
    with LOG.open("a") as output:
        print(f"$ {title}", file=output, flush=True)
        done = subprocess.run(list(command), cwd=ROOT, env=env, stdout=output, stderr=output, check=False)
    if done.returncode != 0:
        end = "\n".join(LOG.read_text(errors="replace").splitlines()[-12:])
        trouble.require_room(ROOT)
        raise StartupError(f"{title} 失败（详见 {LOG}）：\n{end}", f"{title} failed, see {LOG}.")


def _digest(files: Sequence[Path]) -> str:
    total = hashlib.sha256()
    for file in files:
        total.update(file.read_bytes())
    return total.hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

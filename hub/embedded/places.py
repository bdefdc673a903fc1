"""Where the embedded services keep their files."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
SHARED_STATE = Path("/var/lib/health-district-hub")
SHARED_CACHE = Path("/var/cache/health-district-hub")


@dataclass(frozen=True, slots=True)
class Places:
    """The directories of one set of services; `base` is `var/` for `make run` and `var/test` for tests."""

    base: Path

    @property
    def secrets(self) -> Path:
        """Generated secrets, readable by their owner only."""
        return self.base / "secrets"

    @property
    def logs(self) -> Path:
        """One log file per process."""
        return self.base / "log"

    @property
    def s3(self) -> Path:
        """Objects: one directory per bucket."""
        return self.base / "s3"

    @property
    def static(self) -> Path:
        """Collected static files."""
        return self.base / "static"

    @property
    def valkey(self) -> Path:
        """The append-only file."""
        return self.base / "valkey"

    def postgres(self, major: int, uid: int) -> Path:
        """The cluster of one major version, somewhere the server's user can reach.

        A checkout under a private home (0700) stays private: the cluster then lives under /var/lib, and no
        directory of the home is opened up for it.
        """
        if uid == os.geteuid() or reachable(self.base, uid):
            return self.base / f"pg{major}"
        return self._shared_state() / f"pg{major}"

    def outlying(self) -> list[Path]:
        """What lies outside `base` and belongs to it."""
        return [path for path in (self._shared_state(),) if path.exists()]

    def forget(self) -> None:
        """Remove everything of these services, wherever it lies; they must not be running."""
        for path in (*self.outlying(), self.base):
            shutil.rmtree(path, ignore_errors=True)

    def _shared_state(self) -> Path:
        tag = hashlib.sha256(str(self.base.resolve()).encode()).hexdigest()[:12]
        return SHARED_STATE / tag

    def prepare(self) -> None:
        """Create the directories; secrets are closed to others from the first moment."""
        for path in (self.base, self.logs, self.s3, self.valkey, self.static):
            path.mkdir(parents=True, exist_ok=True)
        self.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)


def demo() -> Places:
    """The services of `make run`; HUB_VAR moves them."""
    return Places(Path(os.environ.get("HUB_VAR") or CHECKOUT / "var").resolve())


def test() -> Places:
    """The services of `make test`."""
    return Places(CHECKOUT / "var" / "test")


def reachable(path: Path, uid: int) -> bool:
    """Whether the user `uid` may pass through every existing directory down to `path`."""
    for directory in (path, *path.parents):
        if not directory.exists():
            continue
        facts = directory.stat()
        allowed = stat.S_IXUSR if facts.st_uid == uid else stat.S_IXOTH
        if not facts.st_mode & allowed:
            return False
    return True

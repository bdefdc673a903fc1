"""The whole small district, and a vault of this test's own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.flow.conftest import District, district, his_program, parties_program
from tests.harness.outside import Outside
from tests.recovery.own_hub import OwnHub

__all__ = ["District", "district", "his_program", "parties_program"]


@pytest.fixture(autouse=True)
def vault(tmp_path: Path, settings: Settings) -> Path:
    """Where this test's backups lie."""
    settings.HUB_BACKUP_DIR = str(tmp_path / "vault")
    return tmp_path / "vault"


@pytest.fixture
def empty_his(his_program: Outside) -> Outside:
    """Hospitals whose books hold nothing yet. Ask for it before `district`: their books are compared line by line."""
    his_program.begin_anew()
    return his_program


@contextmanager
def a_hub_of_its_own(*, further: bool) -> Iterator[OwnHub]:
    """A hub with a hospital and bookings, on a disk of its own where we may have one (root, tmpfs)."""
    base = Path(tempfile.mkdtemp(prefix="hub-own-"))
    base.chmod(0o755)
    mounted = (
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700m", "tmpfs", str(base)], capture_output=True).returncode
        == 0
    )
    hub = OwnHub(base / "var", own_disk=mounted, further=further)
    try:
        hub.manage("migrate_hub")
        hub.manage("create_hospital", "alpha")
        hub.manage("keyring", "ensure")
        hub.inside("fill", "6")
        yield hub
    finally:
        hub.end()
        if mounted:
            subprocess.run(["umount", str(base)], check=False)
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="session")
def own_hub() -> Iterator[OwnHub]:
    """A hub on one server."""
    with a_hub_of_its_own(further=False) as hub:
        yield hub


@pytest.fixture
def wide_hub() -> Iterator[OwnHub]:
    """A hub whose hospitals may also live on a second server."""
    with a_hub_of_its_own(further=True) as hub:
        yield hub

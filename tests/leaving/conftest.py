"""A district in which a hospital leaves; its keys are destroyed in a copy of the ring; other tests keep theirs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.flow.conftest import district, his_program, parties_program

__all__ = ["district", "his_program", "parties_program"]


@pytest.fixture
def own_ring(tmp_path: Path, settings: Settings) -> Path:
    """This test's own copy of the key ring."""
    copy = tmp_path / "ring.json"
    if Path(settings.HUB_KEYRING).exists():
        shutil.copy(settings.HUB_KEYRING, copy)
    settings.HUB_KEYRING = str(copy)
    return copy

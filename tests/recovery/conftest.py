"""The whole small district, and a vault of this test's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.flow.conftest import District, district, his_program, parties_program

__all__ = ["District", "district", "his_program", "parties_program"]


@pytest.fixture(autouse=True)
def vault(tmp_path: Path, settings: Settings) -> Path:
    """Where this test's backups lie."""
    settings.HUB_BACKUP_DIR = str(tmp_path / "vault")
    return tmp_path / "vault"

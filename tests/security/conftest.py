"""A key ring of the test's own, so that rotations here touch nobody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hub.security.keyring import KeyRing, ring


@pytest.fixture
def own_ring(tmp_path: Path, settings: Any) -> KeyRing:
    """The ring of a fresh file."""
    settings.HUB_KEYRING = str(tmp_path / "keys" / "ring.json")
    return ring()

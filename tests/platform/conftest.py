"""A set of embedded services of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.embedded.places import Places
from hub.embedded.services import Services


@pytest.fixture
def own_services(tmp_path: Path) -> Iterator[Services]:
    """Services in a directory of their own, durable as in `make run`, not started."""
    tmp_path.chmod(0o755)
    services = Services(Places(tmp_path / "var"), durable=True, given={})
    yield services
    services.stop()

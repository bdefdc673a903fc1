"""A set of embedded services of a test's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.embedded.places import Places
from hub.embedded.services import Services


@pytest.fixture
def own_services(tmp_path: Path) -> Iterator[Services]:
    """Services in a directory of their own, durable as in `make run`, not started."""
    where = Places(tmp_path / "var")
    services = Services(where, durable=True, given={})
    yield services
    services.stop()
    for path in where.outlying():
        shutil.rmtree(path)

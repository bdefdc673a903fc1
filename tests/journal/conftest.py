"""Fixtures of the journal's tests."""

from __future__ import annotations

import pytest

from tests.harness.anchors import forget_anchors


@pytest.fixture
def no_anchors() -> None:
    """No audit anchors of earlier tests."""
    forget_anchors()

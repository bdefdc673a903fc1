"""A browser for the pages of queues."""

from __future__ import annotations

from tests.portal.conftest import chromium

__all__ = ["chromium"]

"""A browser for the machine in the hall."""

from __future__ import annotations

from tests.portal.conftest import chromium

__all__ = ["chromium"]

"""A browser for the pages of referrals."""

from __future__ import annotations

from tests.portal.conftest import chromium

__all__ = ["chromium"]

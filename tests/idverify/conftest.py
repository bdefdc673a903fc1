"""A browser for the file that needs one."""

from tests.portal.conftest import chromium

__all__ = ["chromium"]

"""Front-end packages served from our own host: exactly the files pages use, out of node_modules.

The packages ship dozens of builds and source maps each; collecting whole folders would compress tens of megabytes at
every set-up for files no page asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.base import File
from django.core.files.storage import Storage


class VendorStorage(Storage):
    """The files of `HUB_VENDOR_FILES`, read only."""

    prefix = None

    def __init__(self, files: dict[str, Path]) -> None:
        self._files = files

    def path(self, name: str) -> str:
        """The file behind a static name."""
        return str(self._files[name])

    def get_modified_time(self, name: str) -> datetime:
        """When the package was installed; collectstatic compares it."""
        return datetime.fromtimestamp(self._files[name].stat().st_mtime, UTC)

    def exists(self, name: str) -> bool:
        """Whether the package is installed."""
        return name in self._files and self._files[name].exists()

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        return File(self._files[name].open(mode), name)


class VendorFinder(BaseFinder):
    """Finds the front-end files for collectstatic and for tests."""

    def __init__(self, *_args: Any, **_options: Any) -> None:
        self._files: dict[str, Path] = settings.HUB_VENDOR_FILES
        self._storage = VendorStorage(self._files)

    def check(self, **_options: Any) -> list[CheckMessage]:
        """Every file is there: a package that renamed its build is noticed here and not by a resident."""
        return [
            Error(f"front-end file {path} is missing: run `npm ci`", id="hub.E010")
            for path in self._files.values()
            if not path.exists()
        ]

    def find(self, path: str, find_all: bool = False, **_options: Any) -> Any:
        """The file of a static name."""
        found = self._storage.path(path) if self._storage.exists(path) else None
        return ([found] if found else []) if find_all else found

    def list(self, _ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        """All of them."""
        for name in self._files:
            yield name, self._storage

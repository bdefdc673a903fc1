"""Which steps have been done, and for which inputs: an unchanged step is skipped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from hub.embedded.credentials import write_private


class Stamps:
    """One file of digests."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._digests: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    def fresh(self, step: str, digest: str) -> bool:
        """Whether `step` was done for exactly these inputs."""
        return self._digests.get(step) == digest

    def set(self, step: str, digest: str) -> None:
        """Remember that `step` is done."""
        self._digests[step] = digest
        write_private(self._path, json.dumps(self._digests, indent=1))


def digest_of(files: Iterable[Path], *words: str) -> str:
    """A digest of the contents of `files` and of `words`."""
    total = hashlib.sha256()
    for file in sorted(set(files)):
        if file.is_file():
            total.update(str(file).encode() + b"\0" + file.read_bytes())
    for word in words:
        total.update(b"\0" + word.encode())
    return total.hexdigest()

"""Secrets of the embedded services: generated once, kept under `var/secrets` for their owner only."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a checkout's services are protected with; nothing here is in the repository."""

    django: str
    superuser: str
    owner: str
    region: str
    hospital: str
    backup: str
    outside: str
    valkey: str
    s3_access: str
    s3_secret: str

    @classmethod
    def generate(cls) -> Credentials:
        """Fresh random values, safe inside a URL."""
        return cls(**{field.name: secrets.token_urlsafe(32) for field in fields(cls)})


def load(directory: Path) -> Credentials:
    """The stored credentials; what a newer version needs besides is generated, what it no longer needs is dropped."""
    path = directory / "embedded.json"
    stored: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    complete = asdict(Credentials.generate())
    complete |= {name: value for name, value in stored.items() if name in complete}
    if complete != stored:
        write_private(path, json.dumps(complete, indent=1))
    return Credentials(**complete)


def write_private(path: Path, text: str) -> None:
    """Write `path` so that no other user can read it at any moment, and never leave half a file."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(text)
    draft.replace(path)

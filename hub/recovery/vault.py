"""The directory backups lie in: sealed files, each with a note beside it that says all a restore must know.

A file is sealed under a data key of its own, which the key ring seals for the owner (the district, or the hospital
whose rows it holds): without the ring nothing can be opened, and destroying a hospital's keys ends its backups too.
Neither ring nor any key lies here; the note names the keys that are needed (`keys_needed`).
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext

from hub.recovery.errors import BackupDamaged, BackupFailed, UnknownBackup
from hub.security import envelope
from hub.security.ciphers import KEY_BYTES, SUITES, TamperedCiphertext
from hub.security.keyring import KeyMissing, ring
from hub.storage import sealing
from hub.storage.errors import ObjectDamaged

_PURPOSE = "recovery.data_key"
_BODY = "recovery.body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A sealed file: `name` within the vault, plain size and digest, and its own key, itself sealed."""

    name: str
    size: int
    sha256: str
    suite: str
    wrapped_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What lies beside a backup's file. Times are ISO with zone; `facts` depend on the kind."""

    id: UUID
    kind: str
    scope: str
    started_at: str
    ended_at: str
    made_by: str
    keep_until: str
    keys_needed: list[str]
    file: Sealed | None
    facts: dict[str, Any] = field(default_factory=dict)


def root() -> Path:
    """The vault's directory, closed to other users from its first moment."""
    path = Path(settings.HUB_BACKUP_DIR)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def write(name: str, source: BinaryIO, *, owner: str) -> Sealed:
    """Seal a stream into the vault; the file has its name only when it is whole and on the disk."""
    suite, data_key = ring().active(owner).suite, secrets.token_bytes(KEY_BYTES)
    path = root() / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    reader = sealing.SealingReader(source, suite, suite.derive(data_key, _BODY), name)
    try:
        with draft.open("wb") as target:
            while piece := reader.read(sealing.CHUNK_BYTES):
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        draft.replace(path)
    except OSError as problem:
        raise BackupFailed(
            gettext("备份写不进 %(parent)s：%(strerror)s") % {"parent": path.parent, "strerror": problem.strerror}
        ) from problem
    finally:
        draft.unlink(missing_ok=True)
    wrapped = base64.b64encode(envelope.seal(_PURPOSE, data_key, owner=owner)).decode()
    return Sealed(name=name, size=reader.size, sha256=reader.sha256, suite=suite.name, wrapped_key=wrapped)


def read(stored: Sealed) -> Iterator[bytes]:
    """The plain pieces of a sealed file. BackupDamaged where a byte was altered, UnknownBackup when it is gone."""
    suite = SUITES[stored.suite]
    try:
        key = suite.derive(envelope.open_sealed(_PURPOSE, base64.b64decode(stored.wrapped_key)), _BODY)
        with (root() / stored.name).open("rb") as source:
            yield from sealing.opened(source, suite, key, stored.name)
    except KeyMissing as problem:
        raise BackupFailed(
            gettext("密钥环 %(HUB_KEYRING)s 里没有打开这份备份的密钥：请取回分开保管的密钥环。")
            % {"HUB_KEYRING": settings.HUB_KEYRING}
        ) from problem
    except FileNotFoundError as problem:
        raise UnknownBackup(detail={"file": stored.name}) from problem
    except (ObjectDamaged, TamperedCiphertext) as problem:
        raise BackupDamaged(detail={"file": stored.name}) from problem


def pour(stored: Sealed, write_piece: Callable[[bytes], object]) -> None:
    """Write the plain file piece by piece somewhere."""
    for piece in read(stored):
        write_piece(piece)


def keep_note(note: Note) -> None:
    """Write the note; a backup without one is not a backup."""
    path = _note_path(note.id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({**asdict(note), "id": str(note.id)}, ensure_ascii=False, indent=1), encoding="utf-8")
    draft.replace(path)


def note(backup_id: UUID) -> Note:
    """The note of a backup. UnknownBackup if there is none."""
    try:
        return _read_note(_note_path(backup_id))
    except FileNotFoundError as problem:
        raise UnknownBackup(detail={"backup": str(backup_id)}) from problem


def notes() -> list[Note]:
    """All notes, oldest first."""
    return [_read_note(path) for path in sorted((root() / "notes").glob("*.json"))]


def keep_side_note(sealed: Sealed) -> None:
    """The note of a file that is a part of something larger: a piece of the log, an object."""
    path = (root() / sealed.name).with_suffix(".json")
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(sealed)), encoding="utf-8")
    draft.replace(path)


def side_notes(kind: str) -> list[Sealed]:
    """All parts of a kind, in order of name."""
    found = sorted((root() / kind).glob("*.json"))
    return [Sealed(**json.loads(path.read_text(encoding="utf-8"))) for path in found]


def remove(backup_id: UUID) -> None:
    """Remove a backup's file and note; nothing happens when they are gone."""
    try:
        found = note(backup_id)
    except UnknownBackup:
        return
    if found.file is not None:
        (root() / found.file.name).unlink(missing_ok=True)
    _note_path(backup_id).unlink(missing_ok=True)


def keys_of(owner: str) -> list[str]:
    """The ids of an owner's keys: a reference, never the keys; what a restore needs the ring to hold."""
    return sorted(key.id.hex() for key in ring().keys(owner))


def _note_path(backup_id: UUID) -> Path:
    return root() / "notes" / f"{backup_id}.json"


def _read_note(path: Path) -> Note:
    document = json.loads(path.read_text(encoding="utf-8"))
    file = Sealed(**document["file"]) if document["file"] else None
    return Note(**{**document, "id": UUID(document["id"]), "file": file})

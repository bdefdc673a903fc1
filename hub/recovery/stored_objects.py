"""Objects put aside beside the database's backups, and put back.

An object is written once and never changed, so that only those not in the vault yet are copied; each backup is a list
of all keys with size and digest. They are copied as they lie in the store: what is private is sealed there already.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from hub.actor import Actor
from hub.recovery import records, vault
from hub.recovery.errors import BackupDamaged, BackupFailed, UnknownBackup
from hub.recovery.models import BackupKind
from hub.security.keyring import REGION_OWNER
from hub.storage import objects


@dataclass(slots=True)
class PutBack:
    """What became of the keys of a list."""

    listed: int = 0
    there: int = 0
    put_back: int = 0
    lost: list[str] = field(default_factory=list)


def backup_objects(*, actor: Actor) -> UUID:
    """Copy what is new into the vault and keep the list of everything."""
    with records.making(BackupKind.OBJECTS, REGION_OWNER, actor=actor) as made:
        known = _newest_list()
        listed = [known.get(key) or _kept(key) for key in objects.keys("")]
        content = "\n".join(json.dumps(entry) for entry in listed).encode()
        made.file = vault.write(f"objects-list/{made.id}.sealed", io.BytesIO(content), owner=REGION_OWNER)
        made.size = sum(size for _, size, _ in listed)
        made.facts = {"objects": len(listed), "bytes_stored": made.size}
    records.read_back(made.id, actor=actor)
    return made.id


def restore_objects(backup_id: UUID) -> PutBack:
    """Put back what the list names and the store lacks; nothing there is overwritten."""
    note = vault.note(backup_id)
    if note.kind != BackupKind.OBJECTS or note.file is None:
        raise BackupFailed("这不是对象文件的备份。")
    done = PutBack()
    for key, size, sha256 in _lines(note):
        done.listed += 1
        if objects.exists(key):
            done.there += 1
            continue
        path = _path(sha256)
        if not path.exists():
            done.lost.append(key)
            continue
        _checked(path, size, sha256)
        with path.open("rb") as source:
            objects.put_raw(key, source, size=size)
        done.put_back += 1
    return done


def _newest_list() -> dict[str, tuple[str, int, str]]:
    """What the last list names and the vault holds: an object is written once, so that it need not be read again."""
    try:
        note = vault.note(records.newest(BackupKind.OBJECTS, REGION_OWNER))
    except UnknownBackup:
        return {}
    return {key: (key, size, sha256) for key, size, sha256 in _lines(note) if _path(sha256).exists()}


def _lines(note: vault.Note) -> list[tuple[str, int, str]]:
    if note.file is None:
        return []
    return [tuple(json.loads(line)) for line in b"".join(vault.read(note.file)).splitlines()]


def _kept(key: str) -> tuple[str, int, str]:
    """The object's key, size and digest; its bytes are in the vault afterwards."""
    digest = hashlib.sha256()
    draft = vault.root() / "objects" / f".draft-{hashlib.sha256(key.encode()).hexdigest()}"
    draft.parent.mkdir(mode=0o700, exist_ok=True)
    size = 0
    with draft.open("wb") as target:
        for piece in objects.raw(key):
            digest.update(piece)
            size += len(piece)
            target.write(piece)
    path = _path(digest.hexdigest())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft.replace(path)
    return key, size, digest.hexdigest()


def _checked(path: Path, size: int, sha256: str) -> None:
    if path.stat().st_size != size or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        raise BackupDamaged(detail={"file": path.name})


def _path(sha256: str) -> Path:
    return vault.root() / "objects" / sha256[:2] / sha256

"""The key ring: data keys per owner (the district or one hospital), and secrets of outside parties by reference.

Rows and settings hold references only. The file named by `settings.HUB_KEYRING` is the software provider; processes on
one machine share it, read it again when it changes, and add keys under a file lock. Where it is mounted read-only (a
Kubernetes secret), a missing key is an error that names the command to run. Destroying a hospital's keys is
destroying its entries here: no key of one hospital is derived from another's or from a common master. Every process
looks at the file's stamp again after a second, so a destroyed key opens nothing anywhere soon after; the owner's
name stays in the file, so that no late write makes it a new key.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from hub.security.ciphers import KEY_BYTES, SUITES, Suite

REGION_OWNER = "region"
DATA = "data"
INDEX = "index"
KEY_ID_BYTES = 8
TOKEN = "token"  # noqa: S105 - the use of the key that signs access tokens
_FORMAT = 1
_LOOK_EVERY = 1.0  # seconds after which a process notices what another one changed


class KeyMissing(RuntimeError):
    """A key or secret the ring should hold is not there; the text says which and how to add it."""


class KeyDestroyed(KeyMissing):
    """The keys of this owner were destroyed for good: nothing is sealed for it any more."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key: `id` stands in ciphertext headers; the active one seals, retired ones only open."""

    id: bytes
    owner: str
    use: str
    suite: Suite
    material: bytes
    active: bool
    version: int

    def derived(self, purpose: str) -> bytes:
        """The key for one purpose, so that a ciphertext or index of one column says nothing in another."""
        return _derived(self.suite.name, self.material, f"{self.use}:{purpose}")


@lru_cache(maxsize=8192)
def _derived(suite: str, material: bytes, purpose: str) -> bytes:
    return SUITES[suite].derive(material, purpose)


class KeyRing:
    """The keys of one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._by_id: dict[bytes, Key] = {}
        self._active: dict[tuple[str, str], Key] = {}
        self._secrets: dict[str, bytes] = {}
        self._looked = float("-inf")

    def active(self, owner: str, use: str = DATA) -> Key:
        """The key that seals for `owner` now; made on first need where the file can be written."""
        self._look_now_and_then()
        found = self._active.get((owner, use))
        if found is None:
            self._refresh()
            found = self._active.get((owner, use))
        return found or self.add(owner, use)

    def by_id(self, key_id: bytes) -> Key:
        """The key a ciphertext names."""
        self._look_now_and_then()
        found = self._by_id.get(key_id)
        if found is None:
            self._refresh()
            found = self._by_id.get(key_id)
        if found is None:
            raise KeyMissing(f"no key {key_id.hex()} in {self._path}: an older ring, or the key was destroyed")
        return found

    def keys(self, owner: str | None = None, use: str | None = None) -> list[Key]:
        """All keys, or those of one owner or use, newest first."""
        self._refresh()
        chosen = [k for k in self._by_id.values() if owner in (None, k.owner) and use in (None, k.use)]
        return sorted(chosen, key=lambda k: -k.version)

    def secret(self, reference: str) -> bytes:
        """A secret shared with an outside party, such as `sms.hmac`."""
        self._look_now_and_then()
        found = self._secrets.get(reference)
        if found is None:
            self._refresh()
            found = self._secrets.get(reference)
        if found is None:
            raise KeyMissing(
                f"no secret {reference!r} in {self._path}: add it with `manage.py keyring secret {reference}`"
            )
        return found

    def secret_text(self, reference: str) -> str:
        """A secret that is text, such as a PEM document."""
        return self.secret(reference).decode()

    def add(self, owner: str, use: str = DATA, *, suite: str | None = None, replace: bool = False) -> Key:
        """Make a key the active one; without `replace` a key somebody else has just made is kept."""

        def change(document: dict[str, Any]) -> None:
            if owner in document.get("destroyed", {}):
                raise KeyDestroyed(f"the keys of {owner} were destroyed: nothing is sealed for it any more")
            mine = [k for k in document["keys"] if k["owner"] == owner and k["use"] == use]
            if any(k["active"] for k in mine) and not replace:
                return
            for entry in mine:
                entry["active"] = False
            document["keys"].append(
                {
                    "id": secrets.token_hex(KEY_ID_BYTES),
                    "owner": owner,
                    "use": use,
                    "suite": suite or document["suite"],
                    "material": base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
                    "active": True,
                    "version": 1 + max((k["version"] for k in mine), default=0),
                }
            )

        self._edit(change)
        return self._active[(owner, use)]

    def references(self) -> list[str]:
        """The names of the secrets there are, never the secrets."""
        self._refresh()
        return sorted(self._secrets)

    def put_secret(self, reference: str, value: bytes) -> None:
        """Store a secret under its reference, replacing an older one."""
        self._edit(lambda document: document["secrets"].__setitem__(reference, base64.b64encode(value).decode()))

    def ensure_secret(self, reference: str) -> bytes:
        """The secret, made at random when absent (demo credentials the sandbox shares)."""

        def change(document: dict[str, Any]) -> None:
            document["secrets"].setdefault(reference, base64.b64encode(secrets.token_hex(24).encode()).decode())

        if reference not in self._secrets:
            self._edit(change)
        return self._secrets[reference]

    def destroy(self, owner: str) -> list[str]:
        """Forget every key of `owner` for good; their ids are for the certificate. A repeat says the same."""
        gone: list[str] = []

        def change(document: dict[str, Any]) -> None:
            known = document.setdefault("destroyed", {}).setdefault(owner, [])
            known.extend(k["id"] for k in document["keys"] if k["owner"] == owner)
            gone.extend(known)
            document["keys"] = [k for k in document["keys"] if k["owner"] != owner]

        if owner == REGION_OWNER:
            raise ValueError("the district's own keys are never destroyed")
        self._edit(change)
        return gone

    def remove_secret(self, reference: str) -> bool:
        """Forget a secret; whether there was one."""
        there: list[bool] = []
        self._edit(lambda document: there.append(document["secrets"].pop(reference, None) is not None))
        return there[0]

    def _look_now_and_then(self) -> None:
        """Another process may have rotated a key or replaced a secret: known here a second later."""
        if time.monotonic() - self._looked >= _LOOK_EVERY:
            self._refresh()

    def _refresh(self) -> None:
        self._looked = time.monotonic()
        try:
            status = self._path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return
        stamp = (status.st_mtime_ns, status.st_ino)
        with self._guard:
            if stamp != self._stamp:
                self._load(json.loads(self._path.read_text(encoding="utf-8")))
                self._stamp = stamp

    def _load(self, document: dict[str, Any]) -> None:
        if document.get("format") != _FORMAT:
            raise KeyMissing(f"{self._path} is no key ring of format {_FORMAT}")
        keys = [
            Key(
                id=bytes.fromhex(entry["id"]),
                owner=entry["owner"],
                use=entry["use"],
                suite=SUITES[entry["suite"]],
                material=base64.b64decode(entry["material"]),
                active=entry["active"],
                version=entry["version"],
            )
            for entry in document["keys"]
        ]
        if self._by_id.keys() - {key.id for key in keys}:
            _derived.cache_clear()  # what was derived of a destroyed key goes with it
        self._by_id = {key.id: key for key in keys}
        self._active = {(key.owner, key.use): key for key in keys if key.active}
        self._secrets = {name: base64.b64decode(value) for name, value in document["secrets"].items()}

    def _edit(self, change: Callable[[dict[str, Any]], None]) -> None:
        with self._locked():
            document = (
                json.loads(self._path.read_text(encoding="utf-8"))
                if self._path.exists()
                else {"format": _FORMAT, "suite": settings.HUB_CIPHER_SUITE, "keys": [], "secrets": {}}
            )
            before = json.dumps(document)
            change(document)
            if json.dumps(document) != before:
                self._write(document)
            self._stamp = None
        self._refresh()

    def _write(self, document: dict[str, Any]) -> None:
        draft = self._path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as problem:
            raise KeyMissing(
                f"{self._path} can't be written, and a key is missing: run `manage.py keyring ensure` where it can"
            ) from problem
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


@lru_cache(maxsize=4)
def _ring_at(path: str) -> KeyRing:
    return KeyRing(Path(path))


def ring() -> KeyRing:
    """The ring of this installation."""
    return _ring_at(str(settings.HUB_KEYRING))

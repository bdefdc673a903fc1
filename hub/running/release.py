"""The release as it was sealed: every file's digest, signed; looked at while it runs (CES1-24).

`manage.py seal_release` writes `release.json` where a release is built; the site pins the builder's public key
by `HUB_RELEASE_KEY`. A file that was altered, removed or added is told on the operator's page by name.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings

MANIFEST = "release.json"
PARTS = ("hub", "institution_connectors", "tenants", "regional_services", "portal", "manage.py")
AGAIN_AFTER = 600.0
"""Seconds for which a process believes its last look."""
_NAMED = 3
_looked: dict[Path, tuple[float, list[str]]] = {}


def seal(root: Path, key: Ed25519PrivateKey, *, version: str) -> dict[str, Any]:
    """Write the manifest of the files below `root`, signed; returns it."""
    content = {"version": version, "files": _digests(root)}
    document = {**content, "signature": key.sign(_canonical(content)).hex()}
    (root / MANIFEST).write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
    return document


def private_key(path: Path) -> Ed25519PrivateKey:
    """The builder's key out of a PEM file; ValueError or TypeError for another kind."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("a release is sealed with an Ed25519 key")
    return key


def is_sealed() -> bool:
    """Whether the site expects a sealed release."""
    return bool(settings.HUB_RELEASE_KEY)


def problems() -> list[str]:
    """What is wrong with the release that runs, by file; the last look is believed for ten minutes."""
    root = Path(settings.ROOT)
    at, found = _looked.get(root, (float("-inf"), []))
    if time.monotonic() - at > AGAIN_AFTER:
        found = list(differences(root, settings.HUB_RELEASE_KEY))
        _looked[root] = (time.monotonic(), found)
    return found


def differences(root: Path, public_key: str) -> Iterator[str]:
    """Every file below `root` that is not as it was sealed under the key (hex of its 32 bytes)."""
    try:
        document = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
        signature = bytes.fromhex(document.pop("signature"))
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signature, _canonical(document))
    except (OSError, ValueError, KeyError, InvalidSignature):
        yield f"{MANIFEST} 缺失，或不是发布方签署的"
        return
    sealed, there = document["files"], _digests(root)
    yield from (f"{name} 已被改动" for name in sorted(sealed) if name in there and there[name] != sealed[name])
    yield from (f"{name} 不见了" for name in sorted(sealed.keys() - there.keys()))
    yield from (f"{name} 是多出来的" for name in sorted(there.keys() - sealed.keys()))


def told(found: list[str]) -> str:
    """The first few, for a line on a page."""
    more = f"，等 {len(found)} 处" if len(found) > _NAMED else ""
    return "；".join(found[:_NAMED]) + more


def _digests(root: Path) -> dict[str, str]:
    files = [path for part in PARTS for path in _below(root / part)]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _below(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    elif path.is_dir():
        yield from (one for one in sorted(path.rglob("*")) if one.is_file() and "__pycache__" not in one.parts)


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

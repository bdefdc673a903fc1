"""The district's signature under papers it hands out: Ed25519, its key in the ring, its public key on every paper."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.security.keyring import KeyMissing, ring

_REFERENCE = "region.papers"


def signed(paper: Mapping[str, Any]) -> dict[str, Any]:
    """The paper with `signature`: over its JSON with sorted keys and no spaces, without `signature` itself."""
    key = _key()
    return {
        **paper,
        "signature": {
            "algorithm": "Ed25519",
            "public_key": key.public_key().public_bytes_raw().hex(),
            "value": key.sign(canonical(paper)).hex(),
        },
    }


def canonical(paper: Mapping[str, Any]) -> bytes:
    """The bytes a signature stands under."""
    return json.dumps(dict(paper), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _key() -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(ring().secret(_REFERENCE))
    except KeyMissing:
        ring().put_secret(_REFERENCE, Ed25519PrivateKey.generate().private_bytes_raw())
    return Ed25519PrivateKey.from_private_bytes(ring().secret(_REFERENCE))

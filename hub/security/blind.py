"""Blind indexes: equality search over encrypted columns (practice 6).

An index is one version byte and a keyed digest of the normalised value, keyed per purpose and, on wish, per hospital.
It leaks which rows of one purpose and owner hold equal values, nothing else. While index keys rotate, look up with
`candidates` (the new and the old version) until the app that owns the column has indexed its rows anew.
"""

from __future__ import annotations

import unicodedata

from hub.security.keyring import INDEX, REGION_OWNER, Key, ring

SIZE = 33


def normalise(value: str) -> str:
    """One spelling for equal values: compatibility form, no outer blanks, upper case."""
    return unicodedata.normalize("NFKC", value).strip().upper()


def index(purpose: str, value: str, hospital: str | None = None) -> bytes:
    """The index to store and to search by."""
    return _index(ring().active(hospital or REGION_OWNER, INDEX), purpose, value)


def candidates(purpose: str, value: str, hospital: str | None = None) -> list[bytes]:
    """The index under every version still in the ring, the active one first."""
    owner = hospital or REGION_OWNER
    ring().active(owner, INDEX)
    return [_index(key, purpose, value) for key in ring().keys(owner, INDEX)]


def _index(key: Key, purpose: str, value: str) -> bytes:
    return bytes((key.version & 0xFF,)) + key.suite.mac(key.derived(purpose), normalise(value).encode())

"""The keys of the audit: HMAC-SHA-256 under a key of the ring, which the database's administrators do not hold.

The district's key is used for every schema, so that a hospital's journal can still be verified after the hospital has
left and its data keys are destroyed. Retired keys go on verifying what they signed.
"""

from __future__ import annotations

import hmac

from hub.security.keyring import REGION_OWNER, KeyMissing, ring

_USE = "audit"
_ENTRY = "entry"
_STATE = "state"


def sign(message: bytes, *, what: str = _ENTRY) -> tuple[str, bytes]:
    """The active key's id and the MAC of `message`, good for one kind of thing only."""
    key = ring().active(REGION_OWNER, _USE)
    return key.id.hex(), hmac.digest(key.derived(what), message, "sha256")


def verifies(key_id: str, message: bytes, mac: bytes, *, what: str = _ENTRY) -> bool:
    """Whether `mac` was made for `message` of this kind under the key named; an unknown key verifies nothing."""
    try:
        key = ring().by_id(bytes.fromhex(key_id))
    except (KeyMissing, ValueError):
        return False
    return key.use == _USE and hmac.compare_digest(hmac.digest(key.derived(what), message, "sha256"), mac)


def digest(message: bytes) -> bytes:
    """A keyed digest of an object's state: comparable with another, telling nothing to who lacks the key."""
    return hmac.digest(ring().active(REGION_OWNER, _USE).derived(_STATE), message, "sha256")

"""Bodies that providers sign: HMAC-SHA256 in hex under a secret of the key ring."""

from __future__ import annotations

import hmac

from hub.errors import NotSignedIn, Unavailable
from hub.security.keyring import KeyMissing, ring


def require_signature(given: str, body: bytes, reference: str) -> None:
    """NotSignedIn unless the body was signed with the secret; Unavailable while none is agreed: it may come back."""
    try:
        expected = hmac.digest(ring().secret(reference), body, "sha256").hex()
    except KeyMissing as problem:
        raise Unavailable from problem
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise NotSignedIn

"""Bodies that providers sign: HMAC-SHA256 in hex under a secret of the key ring."""

from __future__ import annotations

import hmac

from hub.errors import NotSignedIn
from hub.security.keyring import KeyMissing, ring


def require_signature(given: str, body: bytes, reference: str) -> None:
    """NotSignedIn unless the body was signed with the secret; with whom none is agreed, no signature is right."""
    try:
        expected = hmac.digest(ring().secret(reference), body, "sha256").hex()
    except KeyMissing as problem:
        raise NotSignedIn from problem
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise NotSignedIn

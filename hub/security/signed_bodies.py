"""Bodies that providers sign: HMAC-SHA256 in hex under a secret of the key ring."""

from __future__ import annotations

import hmac
import json
from typing import Any

from hub.errors import InvalidInput, NotSignedIn
from hub.security.keyring import KeyMissing, ring


def require_signature(given: str, body: bytes, reference: str) -> None:
    """NotSignedIn unless the body was signed with the secret; with whom none is agreed, no signature is right."""
    try:
        expected = hmac.digest(ring().secret(reference), body, "sha256").hex()
    except KeyMissing as problem:
        raise NotSignedIn from problem
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise NotSignedIn


def signed_document(given: str, body: bytes, reference: str) -> Any:
    """The JSON of a body that was signed with the secret; NotSignedIn, InvalidInput."""
    require_signature(given, body, reference)
    try:
        return json.loads(body)
    except ValueError as problem:
        raise InvalidInput(fields={"body": "应为 JSON"}) from problem

"""How Alipay's open platform signs (RSA2, SHA-256): our calls with our key, its answers with its own.

Shared by signing in and by the life account's messages. KeyMissing without the keys.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from hub import clock
from hub.security.keyring import KeyMissing, ring

OWN_KEY = "alipay.app_private_key"
PLATFORM_KEY = "alipay.public_key"
_REFUSED = "error_response"


def signed(method: str, *, app_id: str, parameters: dict[str, str]) -> dict[str, str]:
    """The form of one call: the common parameters, these, and the signature over all of them in order."""
    form = {
        "app_id": app_id,
        "method": method,
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": f"{clock.local(clock.now()):%Y-%m-%d %H:%M:%S}",
        "version": "1.0",
        **parameters,
    }
    text = "&".join(f"{name}={value}" for name, value in sorted(form.items()))
    signature = _own_key().sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    return {**form, "sign": base64.b64encode(signature).decode()}


def genuine(raw: bytes, method: str) -> dict[str, Any] | None:
    """The node of the answer whose own bytes the platform signed; None where the signature is not over them.

    What the gateway itself refuses stands in another node, signed alike.
    """
    text = raw.decode(errors="replace")
    try:
        body = json.loads(text)
    except ValueError:
        return None
    name = f"{method.replace('.', '_')}_response"
    node = name if isinstance(body, dict) and name in body else _REFUSED
    if not isinstance(body, dict) or not isinstance(body.get(node), dict):
        return None
    rest = text[text.index(":", text.index(f'"{node}"')) + 1 :].lstrip()
    _, end = json.JSONDecoder().raw_decode(rest)
    key = _platform_key()
    try:
        signature = base64.b64decode(str(body.get("sign", "")))
        key.verify(signature, rest[:end].encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return None
    return dict(body[node])


def _own_key() -> rsa.RSAPrivateKey:
    key = load_pem_private_key(ring().secret(OWN_KEY), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyMissing(f"{OWN_KEY} is no RSA key")
    return key


def _platform_key() -> rsa.RSAPublicKey:
    key = load_pem_public_key(ring().secret(PLATFORM_KEY))
    if not isinstance(key, rsa.RSAPublicKey):
        raise KeyMissing(f"{PLATFORM_KEY} is no RSA key")
    return key

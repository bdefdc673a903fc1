"""How links and results are signed. Pure, but for the hub's own key.

The text under a signature is every parameter but `sig`, by name in ASCII order, as `name=value` joined by `&`, values
decoded, UTF-8. HMAC-SHA256 is written in lower-case hex, RSA-SHA256 (PKCS#1 v1.5) in base64url.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from hub.security.keyring import KeyMissing, ring

SIGNATURE = "sig"
_RESULT_KEY = "entries.result_rsa"
_BITS = 2048


def text_of(parameters: Mapping[str, str]) -> bytes:
    """What a signature stands under."""
    return "&".join(f"{name}={parameters[name]}" for name in sorted(parameters) if name != SIGNATURE).encode()


def hmac_of(secret: str, parameters: Mapping[str, str]) -> str:
    """The signature under a shared secret."""
    return hmac.new(secret.encode(), text_of(parameters), hashlib.sha256).hexdigest()


def is_hmac_right(secret: str, parameters: Mapping[str, str]) -> bool:
    """Whether `sig` is that of the secret, compared in constant time."""
    return hmac.compare_digest(parameters.get(SIGNATURE, "").lower().encode(), hmac_of(secret, parameters).encode())


def is_rsa_right(public_key: str, parameters: Mapping[str, str]) -> bool:
    """Whether `sig` was made with the private half of `public_key` (PEM)."""
    given = parameters.get(SIGNATURE, "").replace("+", "-").replace("/", "_")
    try:
        signature = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))
        read_public_key(public_key).verify(signature, text_of(parameters), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def read_public_key(pem: str) -> rsa.RSAPublicKey:
    """An RSA public key of at least 2048 bits; ValueError says what is wrong with the text."""
    try:
        key = serialization.load_pem_public_key(pem.strip().encode())
    except UnsupportedAlgorithm as problem:
        raise ValueError("not an RSA key") from problem
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _BITS:
        raise ValueError("not an RSA key of at least 2048 bits")
    return key


def rsa_of(parameters: Mapping[str, str]) -> str:
    """The hub's own signature under a result for a caller that signs with RSA."""
    raw = _own_key().sign(text_of(parameters), padding.PKCS1v15(), hashes.SHA256())
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def own_public_key() -> str:
    """PEM of the key those callers verify results with."""
    public = _own_key().public_key()
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def ensure_own_key() -> None:
    """Make the hub's key where there is none; by the act that needs it first, so that two processes never race."""
    try:
        ring().secret(_RESULT_KEY)
    except KeyMissing:
        made = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
        pem = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        ring().put_secret(_RESULT_KEY, pem)


def _own_key() -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(ring().secret(_RESULT_KEY), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"the secret {_RESULT_KEY} must be an RSA private key")
    return key

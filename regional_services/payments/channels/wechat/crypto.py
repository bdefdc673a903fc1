"""WeChat Pay v3 cryptography: RSA-SHA256 signatures over exact bytes, AES-256-GCM for what notices carry."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

SCHEME = "WECHATPAY2-SHA256-RSA2048"
PROBE_PREFIX = "WECHATPAY/SIGNTEST/"
ALGORITHM = "AEAD_AES_256_GCM"


def private_key(pem: str) -> rsa.RSAPrivateKey:
    """A merchant's private key."""
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("a merchant key is an RSA key")
    return key


def public_key(pem: str) -> rsa.RSAPublicKey:
    """The channel's public key, given as such or inside a platform certificate."""
    encoded = pem.encode()
    key = (
        load_pem_x509_certificate(encoded).public_key() if "BEGIN CERTIFICATE" in pem else load_pem_public_key(encoded)
    )
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("a channel key is an RSA key")
    return key


def lines(*parts: str) -> bytes:
    """The form every v3 signature covers: each part ended by a newline, the last one too."""
    return "".join(f"{part}\n" for part in parts).encode()


def sign(key: rsa.RSAPrivateKey, message: bytes) -> str:
    """PKCS#1 v1.5 signature with SHA-256, in Base64."""
    return base64.b64encode(key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()


def verifies(key: rsa.RSAPublicKey, message: bytes, signature: str) -> bool:
    """Whether `signature` is of `message`; a probe signature never is."""
    if signature.startswith(PROBE_PREFIX):
        return False
    try:
        key.verify(base64.b64decode(signature, validate=True), message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def authorization(*, mchid: str, serial_no: str, nonce: str, timestamp: str, signature: str) -> str:
    """The Authorization header of a signed request."""
    return (
        f'{SCHEME} mchid="{mchid}",nonce_str="{nonce}",signature="{signature}",'
        f'timestamp="{timestamp}",serial_no="{serial_no}"'
    )


def open_resource(key: bytes, resource: Mapping[str, Any]) -> bytes:
    """The plaintext of a notice's `resource`; ValueError when it was altered or made with another key."""
    try:
        ciphertext = base64.b64decode(resource["ciphertext"], validate=True)
        nonce, associated = str(resource["nonce"]), str(resource.get("associated_data") or "")
        return AESGCM(key).decrypt(nonce.encode(), ciphertext, associated.encode())
    except (InvalidTag, KeyError, binascii.Error) as problem:
        raise ValueError("the resource of the notice can't be opened") from problem

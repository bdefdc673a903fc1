"""The far side of v3 cryptography: our own platform key, the merchants' public keys, sealed notices."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import time
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FRESH_SECONDS = 300
_AUTHORIZATION = re.compile(r"WECHATPAY2-SHA256-RSA2048 (.+)")
_PART = re.compile(r'(\w+)="([^"]*)"')


def lines(*parts: str) -> bytes:
    """The text a v3 signature covers."""
    return "".join(part + "\n" for part in parts).encode()


def read_authorization(header: str) -> dict[str, str]:
    """The five named parts of an Authorization header; empty if it is no v3 header."""
    found = _AUTHORIZATION.fullmatch(header.strip())
    parts = dict(_PART.findall(found.group(1))) if found else {}
    return parts if {"mchid", "nonce_str", "signature", "timestamp", "serial_no"} <= parts.keys() else {}


def is_signed_by(public_key_pem: str, message: bytes, signature: str) -> bool:
    """Whether a merchant signed `message`."""
    key = serialization.load_pem_public_key(public_key_pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    try:
        key.verify(base64.b64decode(signature, validate=True), message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error):
        return False
    return True


def seal(api_v3_key: str, plain: str, associated: str) -> dict[str, str]:
    """The `resource` of a notice."""
    nonce = secrets.token_hex(6)
    sealed = AESGCM(api_v3_key.encode()).encrypt(nonce.encode(), plain.encode(), associated.encode())
    return {
        "original_type": associated,
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": associated,
        "nonce": nonce,
    }


class PlatformKey:
    """The key WeChat Pay signs with; made on the first start and kept."""

    def __init__(self, directory: Path) -> None:
        path = directory / "platform_key.pem"
        if not path.exists():
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            path.touch(mode=0o600)
            path.write_bytes(
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
        loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(loaded, rsa.RSAPrivateKey):
            raise TypeError(f"{path} must hold an RSA key")
        self._key = loaded
        self.public_pem = (
            loaded.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode()
        )
        digest = hashes.Hash(hashes.SHA256())
        digest.update(self.public_pem.encode())
        self.id = f"PUB_KEY_ID_{digest.finalize().hex()[:32].upper()}"

    def headers(self, body: str, *, forged: bool = False) -> dict[str, str]:
        """The signature headers of an answer or notice; a forged one is signed over another text."""
        stamp, nonce = str(int(time.time())), secrets.token_hex(16)
        message = lines(stamp, nonce, body + ("forged" if forged else ""))
        signature = self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": self.id,
            "Wechatpay-Signature": base64.b64encode(signature).decode(),
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        }

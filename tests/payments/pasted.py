"""What an administrator pastes of a merchant's credentials: a key, its certificate, the channel's public key."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from hub import clock

V3_KEY = "0123456789abcdefghijklmnopqrstuv"


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """A key; the same for the same name, for making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(of: rsa.RSAPrivateKey) -> str:
    """As `apiclient_key.pem` holds it."""
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return of.private_bytes(*form).decode()


def public_pem(of: rsa.RSAPrivateKey) -> str:
    """A public key as the channel gives it."""
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return of.public_key().public_bytes(*form).decode()


def certificate(of: rsa.RSAPrivateKey, *, days: int = 365) -> str:
    """As `apiclient_cert.pem` holds it, good for `days` from now."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "1900000002")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(of.public_key())
        .serial_number(0x5A5A)
        .not_valid_before(clock.now() - timedelta(days=400))
        .not_valid_after(clock.now() + timedelta(days=days))
        .sign(of, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def pasted(**changes: str) -> dict[str, str]:
    """The fields of the form, all in order."""
    return {
        "mchid": "1900000002",
        "appid": "wx0000000000000002",
        "certificate": certificate(key("merchant")),
        "private_key": private_pem(key("merchant")),
        "api_v3_key": V3_KEY,
        "channel_key_id": "PUB_KEY_ID_0119000000022026",
        "channel_public_key": public_pem(key("channel")),
        "reason": "年度更换",
        **changes,
    }

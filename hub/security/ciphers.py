"""Cipher suites behind one interface: AES-256-GCM with HMAC-SHA256, SM4-GCM with HMAC-SM3.

A suite is chosen when a key is made and stored beside it, so that a district can move from one to the other by
rotating keys. A hardware module becomes a third suite without a change above this file.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
TAG_BYTES = 16
KEY_BYTES = 32


class TamperedCiphertext(ValueError):
    """The ciphertext, its header or its purpose is not what was sealed; nothing of it may be used."""


class Suite(ABC):
    """One authenticated cipher and one keyed digest; `code` stands in every ciphertext header and never changes."""

    name: ClassVar[str]
    code: ClassVar[int]
    _digest: ClassVar[type[hashes.HashAlgorithm]]
    _cipher_key_bytes: ClassVar[int]

    def derive(self, material: bytes, purpose: str) -> bytes:
        """The key of one purpose out of a data key's material (HKDF with this suite's hash)."""
        return HKDF(self._digest(), self._cipher_key_bytes, salt=None, info=purpose.encode()).derive(material)

    def mac(self, key: bytes, message: bytes) -> bytes:
        """The keyed digest of `message`: 32 bytes."""
        context = hmac.HMAC(key, self._digest())
        context.update(message)
        return context.finalize()

    def digest(self, message: bytes) -> bytes:
        """The plain digest of `message`: 32 bytes."""
        context = hashes.Hash(self._digest())
        context.update(message)
        return context.finalize()

    def seal(self, key: bytes, plain: bytes, associated: bytes) -> bytes:
        """Nonce, ciphertext and tag of `plain`, bound to `associated`."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self.encrypt(key, nonce, plain, associated)

    def open(self, key: bytes, sealed: bytes, associated: bytes) -> bytes:
        """The plain bytes, or TamperedCiphertext."""
        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise TamperedCiphertext("shorter than a nonce and a tag")
        try:
            return self.decrypt(key, sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], associated)
        except InvalidTag as problem:
            raise TamperedCiphertext("the tag does not fit") from problem

    @abstractmethod
    def encrypt(self, key: bytes, nonce: bytes, plain: bytes, associated: bytes) -> bytes:
        """Ciphertext followed by its 16-byte tag."""

    @abstractmethod
    def decrypt(self, key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        """The plain bytes; InvalidTag when anything was altered."""


class Aes256Gcm(Suite):
    """The international suite: AES-256-GCM, HMAC-SHA256."""

    name = "aes-256-gcm"
    code = 1
    _digest = hashes.SHA256
    _cipher_key_bytes = 32

    def encrypt(self, key: bytes, nonce: bytes, plain: bytes, associated: bytes) -> bytes:
        return AESGCM(key).encrypt(nonce, plain, associated)

    def decrypt(self, key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        return AESGCM(key).decrypt(nonce, sealed, associated)


class Sm4Gcm(Suite):
    """The commercial-cryptography suite: SM4-GCM (RFC 8998), HMAC-SM3."""

    name = "sm4-gcm"
    code = 2
    _digest = hashes.SM3
    _cipher_key_bytes = 16

    def encrypt(self, key: bytes, nonce: bytes, plain: bytes, associated: bytes) -> bytes:
        encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated)
        return encryptor.update(plain) + encryptor.finalize() + encryptor.tag

    def decrypt(self, key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        body, tag = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]
        decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(associated)
        return decryptor.update(body) + decryptor.finalize()


SUITES: dict[str, Suite] = {suite.name: suite for suite in (Aes256Gcm(), Sm4Gcm())}
SUITE_BY_CODE: dict[int, Suite] = {suite.code: suite for suite in SUITES.values()}

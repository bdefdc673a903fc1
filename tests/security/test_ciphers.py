"""The suites agree with published vectors, and nothing altered is opened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hub.security.ciphers import SUITES, Aes256Gcm, Sm4Gcm, Suite, TamperedCiphertext

VECTORS = Path(__file__).parent / "vectors"


def records(name: str) -> Iterator[dict[str, str]]:
    """The records of an OpenSSL vector file."""
    record: dict[str, str] = {}
    for line in [*(VECTORS / name).read_text(encoding="ascii").splitlines(), ""]:
        if "=" in line and not line.startswith("#"):
            field, _, value = line.partition("=")
            record[field.strip()] = value.strip().strip('"')
        elif record:
            yield record
            record = {}


SM4 = [r for r in records("evpciph_sm4.txt") if "Cipher" in r]
SM3 = [r for r in records("evpmd_sm3.txt") if r.get("Digest") == "SM3"]


@pytest.mark.parametrize("record", SM3, ids=lambda r: r["Output"][:8])
def test_sm3(record: dict[str, str]) -> None:
    text = record["Input"]
    message = bytes.fromhex(text) if all(c in "0123456789abcdefABCDEF" for c in text) else text.encode()
    assert Sm4Gcm().digest(message).hex() == record["Output"].lower()


def test_sm3_of_the_standard() -> None:
    suite = Sm4Gcm()
    assert suite.digest(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert suite.digest(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    assert suite.mac(b"key", b"abc").hex() == "28e63256e7c5a087b1f073265dc53092163f7b82729735d06f28f10af9d52393"


@pytest.mark.parametrize("record", [r for r in SM4 if r["Cipher"] == "SM4-ECB"], ids=lambda r: r["Plaintext"][:8])
def test_sm4_block(record: dict[str, str]) -> None:
    encryptor = Cipher(algorithms.SM4(bytes.fromhex(record["Key"])), modes.ECB()).encryptor()
    assert encryptor.update(bytes.fromhex(record["Plaintext"])).hex() == record["Ciphertext"].lower()


@pytest.mark.parametrize("record", [r for r in SM4 if r["Cipher"] == "SM4-GCM"], ids=lambda r: r["Tag"][:8])
def test_sm4_gcm(record: dict[str, str]) -> None:
    key, nonce, associated = (bytes.fromhex(record.get(name, "")) for name in ("Key", "IV", "AAD"))
    plain, sealed = bytes.fromhex(record["Plaintext"]), bytes.fromhex(record["Ciphertext"] + record["Tag"])
    assert Sm4Gcm().encrypt(key, nonce, plain, associated) == sealed
    assert Sm4Gcm().decrypt(key, nonce, sealed, associated) == plain


def test_the_vectors_were_found() -> None:
    assert len(SM3) >= 3
    assert {r["Cipher"] for r in SM4} >= {"SM4-ECB", "SM4-GCM"}


def test_aes_256_gcm() -> None:
    """NIST GCM test case 16."""
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    associated = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    sealed = bytes.fromhex(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )
    assert Aes256Gcm().encrypt(key, nonce, plain, associated) == sealed
    with pytest.raises(InvalidTag):
        Aes256Gcm().decrypt(key, nonce, sealed, associated + b"x")


@pytest.mark.parametrize("suite", SUITES.values(), ids=list(SUITES))
def test_what_was_altered_does_not_open(suite: Suite) -> None:
    key = suite.derive(b"m" * 32, "p")
    sealed = suite.seal(key, "张三".encode(), b"header")
    assert suite.open(key, sealed, b"header").decode() == "张三"
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(TamperedCiphertext):
            suite.open(key, bytes(altered), b"header")
    for cut in (b"", sealed[:-1], sealed[:20]):
        with pytest.raises(TamperedCiphertext):
            suite.open(key, cut, b"header")
    with pytest.raises(TamperedCiphertext):
        suite.open(key, sealed, b"other header")
    with pytest.raises(TamperedCiphertext):
        suite.open(suite.derive(b"m" * 32, "another purpose"), sealed, b"header")


@pytest.mark.parametrize("suite", SUITES.values(), ids=list(SUITES))
def test_the_same_text_never_looks_the_same(suite: Suite) -> None:
    key = suite.derive(b"m" * 32, "p")
    assert len({suite.seal(key, b"same", b"") for _ in range(100)}) == 100

#!/usr/bin/env python3
"""Open and check a hand-over package (移交包) without the hub.

    python3 verify_package.py FILE --key XXXX-XXXX-... [--extract DIR] [--signer HEX]

Needs Python 3.11 and the package `cryptography`, nothing else; this file may be copied and read on its own. It opens
the parcel, checks size and SHA-256 of every file against the manifest, counts the rows, checks its signature, and
prints the receipt code (收据码), which stands nowhere outside the package. Ends with 0 if all is well, else with 1.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"HDHP1\n"
SEALED_CHUNK = (1 << 20) + 16


class Damaged(Exception):
    """The package is not what the district packed; the text says where."""


class Parcel(io.RawIOBase):
    """The plain bytes of a sealed parcel, chunk by chunk."""

    def __init__(self, source: BinaryIO, key: bytes) -> None:
        if source.read(len(MAGIC)) != MAGIC:
            raise Damaged("这不是移交包（文件开头不对）")
        line = source.readline(1 << 16)
        self.header: dict[str, Any] = json.loads(line)
        if hashlib.sha256(b"HDHP1 key " + key).hexdigest()[:16] != self.header["key"]:
            raise Damaged("密钥与这个移交包不匹配")
        self._bound = hashlib.sha256(line).digest()
        self._prefix = bytes.fromhex(self.header["nonce"])
        self._aead = AESGCM(key)
        self._source, self._number, self._rest = source, 0, b""
        self._next = source.read(SEALED_CHUNK)

    def readable(self) -> bool:
        """It is a source."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with what comes next; 0 at the end."""
        while not self._rest and self._next:
            self._rest = self._open()
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def _open(self) -> bytes:
        sealed, self._next = self._next, self._source.read(SEALED_CHUNK)
        nonce = self._prefix + self._number.to_bytes(4, "big") + bytes([not self._next])
        self._number += 1
        try:
            return self._aead.decrypt(nonce, sealed, self._bound)
        except InvalidTag:
            raise Damaged(f"第 {self._number} 块被改动或截断") from None


def read_key(text: str) -> bytes:
    """The key as it is handed over: base32 in groups."""
    plain = "".join(text.split()).replace("-", "").upper()
    return base64.b32decode(plain + "=" * (-len(plain) % 8))


def verify(path: Path, key: bytes, *, extract: Path | None = None, signer: str = "") -> dict[str, Any]:
    """Check everything; the manifest with `receipt_code`. Damaged where anything is wrong."""
    seen: dict[str, dict[str, Any]] = {}
    manifest = b""
    with path.open("rb") as file:
        parcel = io.BufferedReader(Parcel(file, key), 1 << 20)
        with tarfile.open(fileobj=parcel, mode="r|") as archive:
            for entry in archive:
                content = archive.extractfile(entry)
                if content is None:
                    raise Damaged(f"{entry.name} 不是文件")
                if entry.name == "manifest.json":
                    manifest = content.read()
                    _write(extract, entry.name, [manifest])
                else:
                    seen[entry.name] = _read(entry.name, content, extract)
        while parcel.read(1 << 20):  # to the last chunk, whose mark says that nothing is missing
            continue
    return _compare(manifest, seen, signer)


def _read(name: str, content: Any, extract: Path | None) -> dict[str, Any]:
    digest, size, rows = hashlib.sha256(), 0, 0

    def pieces() -> Any:
        nonlocal size, rows
        while piece := content.read(1 << 20):
            digest.update(piece)
            size += len(piece)
            rows += piece.count(b"\n")
            yield piece

    _write(extract, name, pieces())
    return {"size": size, "sha256": digest.hexdigest(), "lines": rows}


def _write(extract: Path | None, name: str, pieces: Any) -> None:
    if extract is None:
        for _ in pieces:
            continue
        return
    target = (extract / name).resolve()
    if not target.is_relative_to(extract.resolve()):
        raise Damaged(f"文件名不安全：{name}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        for piece in pieces:
            file.write(piece)


def _compare(manifest: bytes, seen: dict[str, dict[str, Any]], signer: str) -> dict[str, Any]:
    if not manifest:
        raise Damaged("没有清单 manifest.json")
    paper: dict[str, Any] = json.loads(manifest)
    _check_signature(paper, signer)
    listed = {entry["name"]: entry for entry in paper["files"]}
    if listed.keys() != seen.keys():
        raise Damaged(f"清单与内容不一致：{sorted(listed.keys() ^ seen.keys())}")
    for name, entry in listed.items():
        found = seen[name]
        if (found["size"], found["sha256"]) != (entry["size"], entry["sha256"]):
            raise Damaged(f"{name} 与清单的摘要不符")
        if name.endswith(".jsonl") and found["lines"] != entry["rows"]:
            raise Damaged(f"{name} 的行数与清单不符")
    digest = hashlib.sha256(manifest).hexdigest()
    code = "-".join(digest[start : start + 4] for start in (0, 4, 8, 12)).upper()
    return {**paper, "receipt_code": code}


def _check_signature(paper: dict[str, Any], signer: str) -> None:
    signature = paper["signature"]
    if signer and signature["public_key"] != signer.lower():
        raise Damaged("签名的公钥不是平台公布的那一把")
    unsigned = {name: value for name, value in paper.items() if name != "signature"}
    body = json.dumps(unsigned, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(signature["public_key"])).verify(
            bytes.fromhex(signature["value"]), body
        )
    except InvalidSignature:
        raise Damaged("清单的签名不对") from None


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="校验移交包")
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", required=True, help="平台安全管理员另行交付的密钥")
    parser.add_argument("--extract", type=Path, help="同时解开到这个目录")
    parser.add_argument("--signer", default="", help="平台公布的签名公钥（十六进制）")
    options = parser.parse_args()
    try:
        paper = verify(options.file, read_key(options.key), extract=options.extract, signer=options.signer)
    except (Damaged, tarfile.TarError, ValueError, KeyError) as problem:
        print(f"校验不通过：{problem}", file=sys.stderr)
        return 1
    rows = sum(entry.get("rows", 0) for entry in paper["files"] if entry["name"].endswith(".jsonl"))
    print(f"{paper['name']}（{paper['institution']}） {paper['made_at']}")
    print(f"文件 {len(paper['files'])} 个，数据 {rows} 行，全部与清单一致，平台签名有效。")
    print(f"签名公钥：{paper['signature']['public_key']}")
    print(f"收据码：{paper['receipt_code']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

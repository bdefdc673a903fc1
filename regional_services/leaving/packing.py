"""The hand-over package: everything the hub holds of one hospital, in open formats, opened and checked without the hub.

A tar inside one sealed parcel (`hub/security/parcels.py`):

    README.zh.txt            how to read it
    dictionary.csv           every table and column: type, meaning, whether it was encrypted here
    hospital/<table>.jsonl   one JSON object a line, plain values; and .csv of the same rows
    public/<table>.jsonl     the hospital's own rows of the shared tables; and .csv
    objects/<key>            its stored files and those behind its rows of the shared tables, plain
    schema/hospital.dump     pg_dump custom format: structure, constraints, rows as stored (sealed columns sealed)
    manifest.json            size, rows and SHA-256 of each file above, signed by the district

Plain values go from the scope into an unnamed temporary file and from there into the parcel: a crash leaves none.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO, Any
from uuid import UUID

from django.apps import apps
from django.db.models import Field, Model
from django.db.models.fields.related import ForeignKey

from hub import clock
from hub.documents import sheets
from hub.security import parcels
from hub.security.fields import BlindIndexField, EncryptedJSONField, EncryptedTextField
from hub.security.signatures import signed
from hub.storage import holdings, objects
from hub.storage.objects import StoredObject
from hub.tenancy import dumping
from hub.tenancy.registry import tenant
from hub.tenancy.router import hospital_labels
from hub.tenancy.rows import COLUMN
from hub.tenancy.schemas import owner_of
from hub.tenancy.scope import hospital, region

BATCH = 500
_README = """{name}（{code}）移交包

本包含有平台为该机构保存的全部数据，已解密，请按病历与个人信息的要求保管。

hospital/   该机构数据空间的每张表：.jsonl 一行一条（UTF-8 JSON），.csv 内容相同，可用表格软件打开
public/     平台公共表中属于该机构的行，格式相同
objects/    该机构保存的文件，原样
schema/     hospital.dump 为 PostgreSQL 的 pg_dump 自定义格式（pg_restore 可读），含结构与约束；加密列保持密文
dictionary.csv   数据字典：表、列、类型、含义、在平台上是否加密
manifest.json    每个文件的字节数、行数与 SHA-256，平台签名

接口往来（交换日志）在 hospital/exchange_*.jsonl。检索索引（盲索引）只对平台有意义，不移交。
校验：python3 verify_package.py <文件> --key <密钥>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What was made: the sealed object, and what its manifest says."""

    stored: StoredObject
    manifest_sha256: str
    facts: dict[str, Any]


@dataclass
class _Tar:
    """The package while it is written: each file goes in once and is noted for the manifest."""

    archive: tarfile.TarFile
    noted: list[dict[str, Any]] = field(default_factory=list)

    def put(self, name: str, content: IO[bytes], *, rows: int | None = None) -> None:
        """Add a file from its beginning."""
        size = content.seek(0, io.SEEK_END)
        content.seek(0)
        digest = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]
        content.seek(0)
        self._add(name, content, size)
        self.noted.append({"name": name, "size": size, "sha256": digest, **({} if rows is None else {"rows": rows})})

    def end(self, manifest: bytes) -> None:
        """Add the manifest, which can't name itself."""
        self._add("manifest.json", io.BytesIO(manifest), len(manifest))

    def _add(self, name: str, content: IO[bytes], size: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = size, 0o600, int(clock.now().timestamp())
        self.archive.addfile(entry, content)


def pack(
    code: str, *, name: str, key: bytes, object_key: str, owner: str, progress: Callable[[int, int], None]
) -> Packed:
    """Write the package of a hospital sealed under `key` and store it; `progress(done, total)` hears of each table."""
    own, shared = _models(hospital=True), _models(hospital=False)
    total = len(own) + len(shared) + 3
    with TemporaryFile() as file:
        sealer = parcels.Sealer(file, key, {"institution": code, "made_at": clock.now().isoformat()})
        with tarfile.open(fileobj=sealer, mode="w|", format=tarfile.PAX_FORMAT) as archive:
            tar = _Tar(archive)
            tar.put("README.zh.txt", io.BytesIO(_README.format(name=name, code=code).encode()))
            tar.put("dictionary.csv", io.BytesIO(_dictionary(own, shared)))
            for place, (model, is_own) in enumerate([*((m, True) for m in own), *((m, False) for m in shared)]):
                _put_table(tar, code, model, is_own=is_own)
                progress(place + 1, total)
            orphans = _put_objects(tar, code)
            progress(total - 2, total)
            _put_dump(tar, code)
            progress(total - 1, total)
            manifest = _manifest(code, name, tar.noted, orphans)
            tar.end(manifest)
        sealer.close()
        file.seek(0)
        stored = objects.put(object_key, file, content_type="application/octet-stream", owner=owner)
    facts = {
        "files": len(tar.noted),
        "rows": sum(entry.get("rows", 0) for entry in tar.noted if entry["name"].endswith(".jsonl")),
        "objects": sum(entry["name"].startswith("objects/") for entry in tar.noted),
        "orphans": orphans,
    }
    return Packed(stored=stored, manifest_sha256=hashlib.sha256(manifest).hexdigest(), facts=facts)


def receipt_code(manifest_sha256: str) -> str:
    """What the hospital types to say that it has opened the package: it stands nowhere outside it."""
    return "-".join(manifest_sha256[start : start + 4] for start in (0, 4, 8, 12)).upper()


def _models(*, hospital: bool) -> list[type[Model]]:
    labels = hospital_labels()
    return sorted(
        (
            model
            for model in apps.get_models(include_auto_created=True)
            if model._meta.managed
            and not model._meta.proxy
            and (model._meta.app_label in labels) == hospital
            and (hospital or any(entry.attname == COLUMN for entry in model._meta.local_concrete_fields))
            and model._meta.app_label != "leaving"
        ),
        key=lambda model: model._meta.db_table,
    )


def _put_table(tar: _Tar, code: str, model: type[Model], *, is_own: bool) -> None:
    folder = "hospital" if is_own else "public"
    columns = _columns(model)
    with TemporaryFile() as lines, TemporaryFile() as sheet:
        text = io.TextIOWrapper(sheet, encoding="utf-8-sig", newline="", write_through=True)
        writer = csv.writer(text)
        writer.writerow([column.column for column in columns])
        count = 0
        for values in _rows(code, model, columns, is_own=is_own):
            row = {column.column: value for column, value in zip(columns, values, strict=True)}
            lines.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            writer.writerow([_cell(value) for value in values])
            count += 1
        tar.put(f"{folder}/{model._meta.db_table}.jsonl", lines, rows=count)
        tar.put(f"{folder}/{model._meta.db_table}.csv", sheet, rows=count)
        text.detach()


def _rows(code: str, model: type[Model], columns: list[Any], *, is_own: bool) -> Iterator[list[Any]]:
    """The rows in order of their key, a batch a scope: no transaction stays open while the package is written."""
    key, last = model._meta.pk.attname, None
    while True:
        with hospital(code, read_only=True) if is_own else region(read_only=True):
            found = model._default_manager.order_by(key)
            found = found if is_own else found.filter(**{COLUMN: code})
            batch = list((found.filter(**{f"{key}__gt": last}) if last is not None else found)[:BATCH])
        for row in batch:
            yield [_plain(getattr(row, column.attname)) for column in columns]
        if len(batch) < BATCH:
            return
        last = getattr(batch[-1], key)


def _columns(model: type[Model]) -> list[Any]:
    return [entry for entry in model._meta.concrete_fields if not isinstance(entry, BlindIndexField)]


def _plain(value: Any) -> Any:
    """As JSON has it; what JSON lacks becomes text (ISO dates, decimal numbers, base64 bytes)."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _cell(value: Any) -> Any:
    """For a spreadsheet: no formulas, nested values as JSON."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return sheets.cell(value)


def _dictionary(own: list[type[Model]], shared: list[type[Model]]) -> bytes:
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(["位置", "表", "表的含义", "列", "类型", "含义", "可为空", "平台上加密", "取值", "指向"])
    for folder, models in (("hospital", own), ("public", shared)):
        for model in models:
            about = (folder, model._meta.db_table, (model.__doc__ or "").split("\n")[0])
            for column in _columns(model):
                sheet.writerow([*about, *_described(column)])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _described(column: Field[Any, Any]) -> list[str]:
    sealed = isinstance(column, EncryptedTextField | EncryptedJSONField)
    points = column.related_model._meta.db_table if isinstance(column, ForeignKey) else ""  # type: ignore[union-attr]
    return [
        str(column.column),
        column.get_internal_type() if not sealed else ("JSON" if isinstance(column, EncryptedJSONField) else "Text"),
        str(column.verbose_name),
        "是" if column.null else "",
        "是" if sealed else "",
        "; ".join(f"{value}={words}" for value, words in (column.flatchoices or ())),
        points,
    ]


def _put_objects(tar: _Tar, code: str) -> list[str]:
    """The hospital's files; the keys of objects whose row is gone are returned, since nothing could open them."""
    with hospital(code, read_only=True):
        stored = list(holdings.held())
    with region(read_only=True):
        stored += holdings.held_in_public(code)
    for one in stored:
        with TemporaryFile() as file:
            for piece in objects.chunks(one):
                file.write(piece)
            tar.put(f"objects/{one.key}", file)
    known = {one.key for one in stored}
    return [key for key in objects.keys(f"{code}/") if key not in known]


def _put_dump(tar: _Tar, code: str) -> None:
    with TemporaryFile() as file:
        dumping.dump(tenant(code).schema, file, owner=owner_of(tenant(code).database))
        tar.put("schema/hospital.dump", file)


def _manifest(code: str, name: str, files: list[dict[str, Any]], orphans: list[str]) -> bytes:
    paper = {
        "format": "health-district-hub/handover/1",
        "institution": code,
        "name": name,
        "incarnation": tenant(code).incarnation,
        "made_at": clock.now().isoformat(),
        "files": files,
        "objects_without_row": orphans,
    }
    return json.dumps(signed(paper), ensure_ascii=False, indent=1).encode()

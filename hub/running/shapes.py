"""What was put in, as its shape: enough to bring a fault about again, nothing of anybody's data.

`310199199005170012` becomes `999999999999999999`, `沈云` `文文`, `zhang.wei@x.cn` `aaaaa.aaa@a.aa`; ids (UUIDs), short
lower-case words without digits that the house itself uses as values, and numbers below 1000 stay.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_SECRET = re.compile(r"password|secret|token|code|key|proof|totp|value|csrf|session", re.I)
_LONGEST = 200
_MOST = 60
HIDDEN = "（不保存）"


def shape(value: object) -> object:
    """The shape of one value; of a structure, that of each part."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) < 1000 else _drawn(str(value))
    if isinstance(value, Mapping):
        pairs = list(value.items())[:_MOST]
        return {str(name): HIDDEN if _SECRET.search(str(name)) else shape(part) for name, part in pairs}
    if isinstance(value, list | tuple):
        return [shape(part) for part in value[:_MOST]]
    return _drawn(str(value))


def drawn(text: str) -> str:
    """The shape of a text, ids in it left as they are."""
    return _drawn(text)


def of_request(request: HttpRequest) -> dict[str, Any]:
    """What a request brought along: query, form or JSON by shape, files by size."""
    found: dict[str, Any] = {"query": shape(request.GET.dict())}
    try:
        found["form"] = shape(request.POST.dict())
        if request.content_type == "application/json":
            found["body"] = shape(json.loads(request.body))
        found["files"] = {name: getattr(file, "size", 0) for name, file in list(request.FILES.items())[:_MOST]}
    except Exception as problem:  # noqa: BLE001 - a body that can't be read is part of the scene, and never a fault
        found["form"] = f"({type(problem).__name__})"
    return found


def _drawn(text: str) -> str:
    cut = text[:_LONGEST]
    kept: list[str] = []
    last = 0
    for found in _UUID.finditer(cut):
        kept += [_letters(cut[last : found.start()]), found.group()]
        last = found.end()
    kept.append(_letters(cut[last:]))
    more = f"…（共 {len(text)} 字）" if len(text) > _LONGEST else ""
    return "".join(kept) + more


def _letters(text: str) -> str:
    return "".join(_letter(letter) for letter in text)


def _letter(letter: str) -> str:
    if letter.isascii():
        return "9" if letter.isdigit() else "a" if letter.islower() else "A" if letter.isupper() else letter
    return "文" if letter.isalnum() else letter

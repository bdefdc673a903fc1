"""Idempotency-Key: how a POST of the API becomes a command that can be repeated safely.

Claims are per actor (`hub.work`): two callers with the same key never see each other's answers.
"""

from __future__ import annotations

import hashlib
import json
import re

from rest_framework.request import Request

from hub.api.views import IDEMPOTENCY_HEADER
from hub.errors import InvalidInput
from hub.work import Command

_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")


def command_from(request: Request, name: str) -> Command:
    """The command of this request; InvalidInput without a usable key."""
    key = request.headers.get(IDEMPOTENCY_HEADER, "")
    if not _KEY.fullmatch(key):
        raise InvalidInput(fields={IDEMPOTENCY_HEADER: "请提供 8 到 64 位字母、数字、- 或 _ 组成的请求编号"})
    return Command(name=name, key=key, fingerprint=fingerprint(request))


def fingerprint(request: Request) -> str:
    """SHA-256 over method, path with query, and body; a JSON body counts by content, not by spelling."""
    body = json.dumps(request.data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    parts = (request.method or "", request.get_full_path(), body)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()

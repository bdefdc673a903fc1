"""Cache and object keys that carry the hospital, so that one hospital's value can never answer another's question."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from hub.tenancy.context import current_hospital, host_hospital
from hub.tenancy.names import REGION, check_code

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_SESSIONS = "django.contrib.sessions"


def cache_key(key: str, key_prefix: str = "", version: Any = 1) -> str:
    """Django's KEY_FUNCTION: `<prefix>:<hospital or region>:<version>:<key>`.

    The hospital is that of the open scope, else that of the request's host. A session belongs to its host, whatever
    scope happens to be open when it is loaded or saved.
    """
    world = host_hospital() if key.startswith(_SESSIONS) else current_hospital() or host_hospital()
    return f"{key_prefix}:{world or REGION}:{version}:{key}"


def object_key(code: str, kind: str, identifier: UUID | str) -> str:
    """The S3 key of an object of hospital `code` (or REGION): `<world>/<kind>/<id>`."""
    world = code if code == REGION else check_code(code)
    for part in (kind, str(identifier)):
        if not _PART.match(part):
            raise ValueError(f"not a part of an object key: {part!r}")
    return f"{world}/{kind}/{identifier}"

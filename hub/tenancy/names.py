"""How a hospital's schema, its role and the hub's logins are called; every other module asks here."""

from __future__ import annotations

import re
from typing import Final

from django.conf import settings

REGION: Final = "region"
TEMPLATE_SCHEMA: Final = "hub_template"
EXTENSION_SCHEMA: Final = "ext"
_CODE = re.compile(r"[a-z][a-z0-9]{1,19}\Z")
_RESERVED = frozenset({REGION, "www", "api", "district", "public", "static", "admin"})


def check_code(code: str) -> str:
    """`code` itself if it can name a hospital: 2 to 20 of [a-z0-9], a letter first (it names a host and a role)."""
    if not _CODE.match(code) or code in _RESERVED:
        raise ValueError(f"not a hospital code: {code!r}")
    return code


def schema_name(code: str) -> str:
    """The schema of a hospital."""
    return f"h_{check_code(code)}"


def role_name(code: str) -> str:
    """The database role a hospital's transactions run as; roles are cluster-wide, hence the installation's prefix."""
    return f"{settings.HUB_ROLE_PREFIX}_h_{check_code(code)}"


def owner_role() -> str:
    """The login that owns schemas and creates roles; only commands use it."""
    return f"{settings.HUB_ROLE_PREFIX}_owner"


def region_role() -> str:
    """The login of alias `default`."""
    return f"{settings.HUB_ROLE_PREFIX}_region"


def region_staff_role() -> str:
    """The role a hospital's own staff read public rows as; row-level security limits it to their hospital."""
    return f"{settings.HUB_ROLE_PREFIX}_region_staff"


def hospital_login() -> str:
    """The login of alias `hospital`; it holds no privilege until a scope takes a hospital's role."""
    return f"{settings.HUB_ROLE_PREFIX}_hospital"

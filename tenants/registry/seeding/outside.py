"""The demo's outside world: which port each hospital's HIS has, and the file the sandbox reads.

Secrets are made by the key ring and stand in the sandbox's file, because both sides must know them; the file is
readable by its owner only.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from hub.security.keyring import ring

SANDBOX_PORT = int(os.environ.get("HUB_SANDBOX_PORT", "8100"))
FIRST_PORT = SANDBOX_PORT + 100
RESERVED_DEPARTMENT = "9900"
_RESERVES_NONE = frozenset({"chengbo", "lanwan", "hehua"})  # not every hospital keeps a schedule for the hub
_KINDS = {
    "zhuxi": "tcm",
    "ninghe": "mental",
    "yaguang": "dental",
    "muying": "rehabilitation",
}


def his_port(order: int) -> int:
    """The port of the hospital in that place of the list; `HUB_HIS_FIRST_PORT` moves them all."""
    return int(os.environ.get("HUB_HIS_FIRST_PORT", FIRST_PORT)) + order


def his_secret_ref(code: str) -> str:
    """The name of the secret shared with a hospital's HIS."""
    return f"his.{code}"


def write_config(rows: list[dict[str, str]], path: Path, *, besides: list[dict[str, Any]] | None = None) -> None:
    """Write the sandbox's configuration; the secrets are those of the key ring, made when absent.

    `besides` are the systems of hospitals that have not joined.
    """
    config = _config(rows)
    config["hospitals"] += besides or []
    write_private_json(path, config)


def write_private_json(path: Path, content: object) -> None:
    """Write a file only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    fresh.replace(path)


def options(row: dict[str, str], order: int) -> dict[str, Any]:
    """How this hospital's HIS writes: they differ, as in life."""
    odd = order % 2 == 1
    reserved = "" if row["code"] in _RESERVES_NONE else RESERVED_DEPARTMENT
    push = row["dialect"] == "rest_json"
    common = {
        "senior_discount": order % 5 == 0,
        "push": push,
        "reserved_department": reserved,
        "visits_per_minute": 2,
    }
    if row["dialect"] == "rest_json":
        return {**common, "success_code": "1" if odd else "0", "money_unit": "yuan" if odd else "fen"}
    if row["dialect"] == "soap_xml":
        return {**common, "charset": "gb18030" if odd else "utf-8", "money_unit": "yuan", "cdata": odd}
    hl7 = {"push": True, "hub_mllp": settings.HUB_HL7_LISTEN, "money_unit": "yuan"}
    return {**common, "charset": "gb18030" if odd else "utf-8", **hl7}


def _config(rows: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "hub": {"url": settings.PUBLIC_ORIGIN},
        "control": {"port": SANDBOX_PORT},
        "wechat_pay": {"port": _port_of("wechat_pay")},
        "wechat_open": {
            "port": _port_of("wechat_open"),
            "apps": [
                {
                    "appid": settings.HUB_WECHAT_APPID,
                    "secret": _secret("wechat.open.app_secret"),
                    "event_token": _secret("wechat.open.event_token"),
                    "event_aes_key": _event_key(),
                }
            ],
            "domains": [settings.BASE_HOST, "127.0.0.1"],
        },
        "sms": {"port": _port_of("sms"), "secret": _secret("sms.hmac")},
        "city_identity": {"port": _port_of("city_identity"), "secret": _secret("outside.city_identity")},
        "support_platform": {
            "port": _port_of("support_platform"),
            "clients": [{"id": settings.HUB_STAFF_PLATFORM_CLIENT, "secret": _secret("staff_platform.client")}],
            "domains": [settings.BASE_HOST, "127.0.0.1"],
        },
        "alipay": {"port": _port_of("alipay")},
        "city_app": {"port": _port_of("city_app"), "secret": _secret("city_app.hmac")},
        "internet_hospital": {"port": 8106, "secret": _secret("internet_hospital.hmac")},
        "hospitals": [_hospital(row, order) for order, row in enumerate(rows)],
    }


def _hospital(row: dict[str, str], order: int) -> dict[str, Any]:
    community = row["kind"] == "community"
    return {
        "code": row["code"],
        "name": row["name"],
        "dialect": row["dialect"],
        "port": his_port(order),
        "mode": row["booking_mode"],
        "secret": _secret(his_secret_ref(row["code"])),
        "kind": _KINDS.get(row["code"], "community" if community else "general"),
        "seed": order + 1,
        "doctors": 2 if community else 3,
        "days": int(row["release_days"]),
        "per_slot": 2,
        "options": options(row, order),
    }


def _event_key() -> str:
    """The key the official account's events are sealed under: 43 characters of Base64, as its console gives them."""
    reference = "wechat.open.event_aes_key"
    if reference not in ring().references():
        ring().put_secret(reference, base64.b64encode(secrets.token_bytes(32)).rstrip(b"="))
    return ring().secret_text(reference)


def _port_of(party: str) -> int:
    return urlsplit(settings.HUB_OUTSIDE[party]).port or 80


def _secret(reference: str) -> str:
    return ring().ensure_secret(reference).decode()

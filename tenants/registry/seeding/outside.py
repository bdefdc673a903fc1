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

from hub.security.keyring import KeyMissing, ring
from institution_connectors.adapters.fhir_r4 import fresh_key, public_key

SANDBOX_PORT = int(os.environ.get("HUB_SANDBOX_PORT", "8100"))
FIRST_PORT = SANDBOX_PORT + 100
RESERVED_DEPARTMENT = "9900"
HUB_CALLS = 2  # the first of the list call at the hub's pages, the others by their own systems
_RESERVES_NONE = frozenset({"chengbo", "lanwan", "hehua"})  # not every hospital keeps a schedule for the hub
_PRIVATE = b"-----BEGIN"
_KINDS = {
    "zhuxi": "tcm",
    "ninghe": "mental",
    "yaguang": "dental",
    "muying": "rehabilitation",
}

# Other official accounts that send people here: code, name, community; `register_demo_callers` knows them by code.
CALLERS = (("qinghe-community", "青禾社区健康服务号", "qinghe"), ("yunxi-life", "云栖生活应用", ""))


def his_port(order: int) -> int:
    """The port of the hospital in that place of the list; `HUB_HIS_FIRST_PORT` moves them all."""
    return int(os.environ.get("HUB_HIS_FIRST_PORT", FIRST_PORT)) + order


def his_secret_ref(code: str) -> str:
    """The name of the secret shared with a hospital's HIS."""
    return f"his.{code}"


def his_secret(row: dict[str, str], order: int) -> bytes:
    """What the hub proves itself with to a hospital's HIS, made when absent: a shared secret, or a key of its own."""
    reference = his_secret_ref(row["code"])
    if not _is_smart(row, order):
        return ring().ensure_secret(reference)
    try:
        found = ring().secret(reference)
    except KeyMissing:
        found = b""
    if not found.startswith(_PRIVATE):
        found = fresh_key()
        ring().put_secret(reference, found)
    return found


def write_config(
    rows: list[dict[str, str]],
    path: Path,
    *,
    besides: list[dict[str, Any]] | None = None,
    doctors: list[dict[str, str]] | None = None,
) -> None:
    """Write the sandbox's configuration; the secrets are those of the key ring, made when absent.

    `besides` are the systems of hospitals that have not joined, `doctors` those who call at the hub's pages.
    """
    config = {**_config(rows), "doctors": doctors or []}
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
        "visits_per_minute": 0 if order < HUB_CALLS else 2,
        "evening_clinic": True,
    }
    if row["dialect"] == "rest_json":
        return {**common, "success_code": "1" if odd else "0", "money_unit": "yuan" if odd else "fen"}
    if row["dialect"] == "exchange_db":
        return {**common, "money_unit": "yuan", "database": exchange_database(row["code"])}
    if row["dialect"] == "soap_xml":
        return {**common, "charset": "gb18030" if odd else "utf-8", "money_unit": "yuan", "cdata": odd}
    if row["dialect"] == "fhir_r4":
        smart = {"auth": "smart", "client_id": "district-hub", "key_id": f"hub-{row['code']}"}
        return {**common, "push": order % 3 == 1, **(smart if _is_smart(row, order) else {})}
    hl7 = {"push": True, "hub_mllp": settings.HUB_HL7_LISTEN, "money_unit": "yuan"}
    return {**common, "charset": "gb18030" if odd else "utf-8", **hl7}


def exchange_database(code: str) -> dict[str, str]:
    """The exchange database of a hospital: whose server, which schema, and the hub's account in it."""
    account = f"{settings.HUB_OUTSIDE_ACCOUNTS}{code}"
    return {"url": settings.HUB_OUTSIDE_DATABASE_URL, "schema": f"his_{code}", "account": account}


def _config(rows: list[dict[str, str]]) -> dict[str, Any]:
    return {
        **_data_foundation(),
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
        "alipay": {"port": _port_of("alipay"), "domains": [settings.BASE_HOST, "127.0.0.1"]},
        "city_app": {
            "port": _port_of("city_app"),
            "app_id": settings.HUB_CITY_APP["app_id"],
            "secret": _secret("city_app.hmac"),
            "domains": [settings.BASE_HOST, "127.0.0.1"],
        },
        "internet_hospital": {"port": SANDBOX_PORT + 6, "secret": _secret("internet_hospital.hmac")},
        "health_card": {
            "port": _port_of("health_card"),
            "app": settings.HUB_HEALTH_CARD_APP,
            "secret": _secret("outside.health_card"),
        },
        "insurer": {"port": _port_of("insurer"), "secret": _secret("outside.insurer")},
        "entry_callers": {"port": _port_of("entry_callers"), "accounts": [_caller(*row) for row in CALLERS]},
        "hospitals": [_hospital(row, order) for order, row in enumerate(rows)],
    }


def _data_foundation() -> dict[str, Any]:
    """Only where the hub hands over to one: a party without an address has no port either."""
    if not settings.HUB_OUTSIDE.get("data_foundation"):
        return {}
    return {"data_foundation": {"port": _port_of("data_foundation"), "secret": _secret("outside.data_foundation")}}


def _hospital(row: dict[str, str], order: int) -> dict[str, Any]:
    community, wire = row["kind"] == "community", options(row, order)
    secret = his_secret(row, order)
    if _is_smart(row, order):  # its HIS knows our public key and nothing else
        wire["public_key"], secret = public_key(secret), b""
    return {
        "code": row["code"],
        "name": row["name"],
        "dialect": row["dialect"],
        "port": his_port(order),
        "mode": row["booking_mode"],
        "secret": secret.decode(),
        "kind": _KINDS.get(row["code"], "community" if community else "general"),
        "seed": order + 1,
        "doctors": 2 if community else 3,
        "days": int(row["release_days"]),
        "per_slot": 2,
        "options": wire,
    }


def _caller(code: str, name: str, community: str) -> dict[str, Any]:
    only = {"services": ["immunisation", "checkup"]} if community else {}
    return {
        "code": code,
        "name": name,
        "at": community or "luzhou",
        "key": f"demo-{len(code)}",
        "secret": _secret(f"entries.{code}"),
        **only,
    }


def _is_smart(row: dict[str, str], order: int) -> bool:
    """Which FHIR servers ask for signed assertions; the others take a bearer agreed on."""
    return row["dialect"] == "fhir_r4" and order % 2 == 0


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

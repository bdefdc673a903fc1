"""A 27th hospital that stands outside and waits: what somebody needs to practise joining by the manual.

Its system runs in the sandbox like the others'; the hub knows nothing of it until a person fills in the form.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from hub.security.keyring import ring
from tenants.registry.drafts import COLUMNS
from tenants.registry.seeding.outside import his_port

CODE = "baihe"
NAME = "云栖区白鹤医院"
_REFERENCE = "exercise.baihe"


def system(order: int) -> dict[str, Any]:
    """The sandbox's entry of its system, on the port of that place in the list."""
    return {
        "code": CODE,
        "name": NAME,
        "dialect": "rest_json",
        "port": his_port(order),
        "mode": "hub_pool",
        "secret": ring().ensure_secret(_REFERENCE).decode(),
        "kind": "general",
        "seed": order + 1,
        "doctors": 3,
        "days": 14,
        "per_slot": 2,
        "options": {"push": False, "success_code": "0", "money_unit": "fen"},
    }


def write_papers(directory: Path, order: int) -> None:
    """What the hospital would hand over: its line of CSV, and apart from it the secret (readable by the owner only)."""
    directory.mkdir(parents=True, exist_ok=True)
    facts = {
        "code": CODE,
        "name": NAME,
        "short_name": "白鹤医院",
        "kind": "hospital",
        "level": "二级乙等",
        "ward": "白鹤街道",
        "address": "白鹤路8号",
        "latitude": "31.21",
        "longitude": "121.43",
        "phone": "021-60009999",
        "booking_mode": "hub_pool",
        "settle_mode": "pay_on_day",
        "dialect": "rest_json",
        "endpoint": f"http://127.0.0.1:{his_port(order)}/his",
        "success_code": "0",
        "money_unit": "fen",
        "charset": "utf-8",
        "polled": "yes",
    }
    with (directory / f"{CODE}.csv").open("w", encoding="utf-8", newline="") as file:
        sheet = csv.DictWriter(file, COLUMNS)
        sheet.writeheader()
        sheet.writerow(facts)
    secret = directory / f"{CODE}.secret.txt"
    secret.touch(mode=0o600)
    secret.write_bytes(ring().secret(_REFERENCE) + b"\n")

"""The last lines of `make run`: where to go, and with which accounts."""

from __future__ import annotations

import json

from hub.embedded.places import Places
from hub.embedded.programs import Addresses


def welcome(where: Places, at: Addresses) -> str:
    """Addresses, and the demo accounts the seed made for this run."""
    origin = at.env()["HUB_PUBLIC_ORIGIN"]
    scheme, host = origin.split("://", 1)
    lines = ["", "平台已就绪 / the district is running", "", f"  居民 / residents      {origin}/"]
    accounts = _accounts(where)
    hospitals = list(dict.fromkeys(str(account["institution"]) for account in accounts if account.get("institution")))
    lines += [f"  医院 / hospital       {scheme}://{code}.{host}/workspace/" for code in hospitals[:2]]
    lines += [
        f"  区级 / district       {origin}/district/",
        f"  接口文档 / API        {origin}/api/",
        f"  沙箱控制台 / sandbox  http://localhost:{at.sandbox}/",
        f"  日志 / logs           {where.logs}",
        "",
    ]
    if accounts:
        lines.append("演示账号（仅本次数据有效）/ demo accounts of this data")
        lines += [f"  {_described(account)}" for account in accounts]
    lines += ["", "Ctrl-C 停止 / stops everything", ""]
    return "\n".join(lines)


def _accounts(where: Places) -> list[dict[str, object]]:
    path = where.base / "demo_accounts.json"
    if not path.exists():
        return []
    stored: list[dict[str, object]] = json.loads(path.read_text())
    return stored


def _described(account: dict[str, object]) -> str:
    shown = [str(value) for name, value in account.items() if value and name != "institution"]
    return "  ".join(shown)

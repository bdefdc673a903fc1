"""Staff of the demo: accounts with passwords and second factors made for this run, listed in one private file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hub.accounts.models import DISTRICT
from hub.accounts.services import create_staff
from hub.actor import Actor
from hub.security.roles import Role
from tenants.registry.seeding.outside import HUB_CALLS, write_private_json

_Posts = tuple[tuple[str, str, tuple[Role, ...]], ...]
_DISTRICT: _Posts = (
    ("ops", "平台运营 苏念", (Role.OPERATIONS,)),
    ("reviewer", "平台审核 贺知", (Role.REVIEWER,)),
    ("sysadmin", "系统管理员 石磊", (Role.SYSTEM_ADMIN,)),
    ("secadmin", "安全管理员 安平", (Role.SECURITY_ADMIN,)),
    ("auditor", "审计管理员 白鹭", (Role.AUDIT_ADMIN,)),
)
_CALLER = "caller"  # the sandbox's own: nobody else need share its second factor
_HOSPITAL: _Posts = (
    ("manager", "医院管理", (Role.HOSPITAL_MANAGER,)),
    ("desk", "前台", (Role.RECEPTION, Role.CASHIER)),
    ("it", "信息科", (Role.HOSPITAL_IT,)),
    (_CALLER, "叫号医生", (Role.DOCTOR,)),
)
_SHOWN_HOSPITALS = HUB_CALLS


def store(rows: list[dict[str, str]], path: Path, *, actor: Actor) -> int:
    """Make the accounts that the file does not list yet; how many."""
    listed: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    known = {entry["login_name"] for entry in listed if "login_name" in entry}
    made = 0
    for login_name, title, roles, code in _wanted(rows):
        if login_name in known:
            continue
        account = create_staff(
            actor=actor,
            login_name=login_name,
            display_name=title,
            institution_code=code,
            roles=roles,
            with_totp=True,
            must_change_password=False,
        )
        listed.append(
            {
                "title": title,
                "login_name": account.login_name,
                "password": account.password,
                "totp_secret": account.totp_secret,
                "institution": "" if code == DISTRICT else code,
            }
        )
        made += 1
        write_private_json(path, listed)
    return made


def callers(path: Path) -> list[dict[str, str]]:
    """The doctors who call at the hub's pages by themselves, as the sandbox's day signs them in."""
    listed: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return [
        {
            "hospital": entry["institution"],
            **{name: entry[name] for name in ("login_name", "password", "totp_secret")},
        }
        for entry in listed
        if entry["login_name"].endswith(f".{_CALLER}")
    ]


def _wanted(rows: list[dict[str, str]]) -> list[tuple[str, str, tuple[Role, ...], str]]:
    district = [(login_name, title, roles, DISTRICT) for login_name, title, roles in _DISTRICT]
    hospital = [
        (f"{row['code']}.{login_name}", f"{row['short_name']} {title}", roles, row["code"])
        for row in rows[:_SHOWN_HOSPITALS]
        for login_name, title, roles in _HOSPITAL
    ]
    return district + hospital

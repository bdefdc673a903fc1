"""Roles as code. A permission names the roles that hold it (`permissions.py` of each app); this page names the roles.

Three administrators are kept apart (MLPS 8.1.5): the system administrator makes accounts, the security administrator
gives them roles, the audit administrator reads what both did. One person holds at most one of them, and none of them
may hold a business role: an account without a role can do nothing, and a role needs somebody else's account.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from django.utils.translation import gettext

from hub.errors import HubError
from hub.words import said


class Level(StrEnum):
    """Where a role is held."""

    DISTRICT = "district"
    HOSPITAL = "hospital"
    BOTH = "both"


class Role(StrEnum):
    """All roles of staff; residents have none."""

    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"
    OPERATIONS = "operations"
    REVIEWER = "reviewer"
    HOSPITAL_MANAGER = "hospital_manager"
    RECEPTION = "reception"
    CASHIER = "cashier"
    DOCTOR = "doctor"
    PHARMACIST = "pharmacist"
    HOSPITAL_IT = "hospital_it"
    VENDOR = "vendor"

    @property
    def label(self) -> str:
        """The name people read."""
        return said(_TITLES[self][0])

    @property
    def level(self) -> Level:
        """Whether it is held at the district, at a hospital, or at either."""
        return _TITLES[self][1]


_TITLES: dict[Role, tuple[str, Level]] = {
    Role.SYSTEM_ADMIN: ("系统管理员", Level.BOTH),
    Role.SECURITY_ADMIN: ("安全管理员", Level.BOTH),
    Role.AUDIT_ADMIN: ("审计管理员", Level.BOTH),
    Role.OPERATIONS: ("平台运营", Level.DISTRICT),
    Role.REVIEWER: ("平台审核", Level.DISTRICT),
    Role.HOSPITAL_MANAGER: ("医院管理", Level.HOSPITAL),
    Role.RECEPTION: ("前台", Level.HOSPITAL),
    Role.CASHIER: ("收费", Level.HOSPITAL),
    Role.DOCTOR: ("医生", Level.HOSPITAL),
    Role.PHARMACIST: ("药师", Level.HOSPITAL),
    Role.HOSPITAL_IT: ("医院信息科", Level.HOSPITAL),
    Role.VENDOR: ("厂商工程师", Level.HOSPITAL),
}

ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})


class RoleConflict(HubError):
    """Roles that one person may not hold together."""

    code = "security.role_conflict"
    status = 409
    text = "该人员已有的角色与此角色互斥，不能同时授予。"


class RoleMisplaced(HubError):
    """A district role at a hospital, or the reverse."""

    code = "security.role_misplaced"
    status = 422
    text = "此角色不能授予给该机构的人员。"


def check_combination(roles: Iterable[Role]) -> None:
    """Refuse forbidden combinations of one person's roles, whatever the institutions they are held at."""
    held = set(roles)
    administrators = held & ADMINISTRATORS
    if len(administrators) > 1:
        raise RoleConflict("系统、安全、审计三个管理员角色不能由同一人担任。")
    if administrators and held - ADMINISTRATORS:
        raise RoleConflict("管理员角色不能与业务角色由同一人担任。")


def check_level(role: Role, *, at_district: bool) -> None:
    """Refuse a role held at the wrong place."""
    wanted = Level.DISTRICT if at_district else Level.HOSPITAL
    if role.level not in (wanted, Level.BOTH):
        raise RoleMisplaced(
            gettext("“%(label)s”不能授予给%(at_district)s人员。")
            % {"label": role.label, "at_district": "平台" if at_district else "医院"}
        )

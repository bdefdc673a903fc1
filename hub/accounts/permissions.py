"""What staff may do with accounts. Making an account and giving it a role lie with two different administrators."""

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW_ACCOUNTS = permission(
    "accounts.view", "查看人员账号", roles=(Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)
)
MANAGE_ACCOUNTS = permission("accounts.manage", "建立和停用账号", roles=(Role.SYSTEM_ADMIN,))
GRANT_ROLES = permission("accounts.grant_roles", "授予和收回角色", roles=(Role.SECURITY_ADMIN,))
UNLOCK_ACCOUNTS = permission("accounts.unlock", "解锁账号、重置动态码、强制下线", roles=(Role.SECURITY_ADMIN,))
LIMIT_NETWORKS = permission("accounts.networks", "设定管理员登录地址", roles=(Role.SECURITY_ADMIN,))
OPEN_RECORDS = permission("accounts.open_records", "打开就诊记录（本人设备已核对）")
"""Held by a resident whose device has proven name and document (practice 1); no role gives it."""
REVEAL = permission(
    "accounts.reveal",
    "查看未脱敏的个人信息",
    roles=(
        Role.HOSPITAL_MANAGER,
        Role.RECEPTION,
        Role.CASHIER,
        Role.DOCTOR,
        Role.PHARMACIST,
    ),
)
"""Opens masked values of a hospital's patients; kinds of values with a permission of their own are told by `opens`."""

_openers: dict[str, str] = {}


def opens(kind: str, name: str) -> str:
    """Let values whose label begins with `<kind>.` be opened by holders of permission `name` alone; returns it."""
    if _openers.setdefault(kind, name) != name:
        raise ValueError(f"values of {kind!r} are opened by {_openers[kind]!r}")
    return name


def permission_to_open(label: str) -> str:
    """What opening the value with this label takes."""
    return _openers.get(label.split(".")[0], REVEAL)

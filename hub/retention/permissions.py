"""Periods are policy: the security administrator of the district sets them, the other administrators read them."""

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission(
    "retention.view", "查看数据保留期限", roles=(Role.SECURITY_ADMIN, Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN)
)
CHANGE = permission("retention.change", "设定数据保留期限", roles=(Role.SECURITY_ADMIN,))

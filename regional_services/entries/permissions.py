"""Who decides which other accounts and apps may send people here."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission("entries.view", "查看第三方入口", roles=(Role.OPERATIONS, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN))
MANAGE = permission("entries.manage", "管理第三方入口", roles=(Role.OPERATIONS,))

"""What staff may do with figures."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission("statistics.view", "查看统计", roles=(Role.OPERATIONS, Role.REVIEWER))
EXPORT = permission("statistics.export", "导出统计", roles=(Role.OPERATIONS,))

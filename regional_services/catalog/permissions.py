"""Who decides whom a service is for."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

RULES = permission("catalog.rules", "设置预约服务对象", roles=(Role.OPERATIONS,))

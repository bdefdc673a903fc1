"""What staff may do with connectors."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission("connectors.view", "查看医院接口配置", roles=(Role.OPERATIONS, Role.HOSPITAL_IT))
MANAGE = permission("connectors.manage", "维护医院接口配置", roles=(Role.OPERATIONS,))

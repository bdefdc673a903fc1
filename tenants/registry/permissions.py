"""What a role may be given around institutions."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission("registry.view", "查看机构", roles=(Role.OPERATIONS, Role.REVIEWER))
SWITCH = permission("registry.switch", "开关机构功能", roles=(Role.OPERATIONS,))
EDIT = permission("registry.edit", "修改机构规则与限额", roles=(Role.OPERATIONS,))
LIFE = permission("registry.life", "接入、暂停和恢复机构", roles=(Role.OPERATIONS,))

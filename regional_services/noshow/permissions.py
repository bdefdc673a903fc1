"""What a role may do with the no-show list."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission("noshow.view", "查看爽约名单", roles=(Role.OPERATIONS, Role.REVIEWER, Role.HOSPITAL_MANAGER))
DECIDE = permission("noshow.decide", "办理爽约申诉", roles=(Role.REVIEWER, Role.HOSPITAL_MANAGER))
SET_RULE = permission("noshow.rule", "设定爽约规则", roles=(Role.OPERATIONS, Role.HOSPITAL_MANAGER))

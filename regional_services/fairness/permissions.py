"""What a role may do against scalpers."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission("fairness.view", "查看候号室与可疑抢号", roles=(Role.OPERATIONS, Role.REVIEWER))
DECIDE = permission("fairness.decide", "处置可疑抢号", roles=(Role.OPERATIONS, Role.REVIEWER))
SET_RULES = permission("fairness.rules", "设定抢号规则", roles=(Role.OPERATIONS,))

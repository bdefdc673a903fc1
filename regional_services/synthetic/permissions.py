"""Who sees and who pauses the synthetic resident."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission(
    "synthetic.view", "查看平台巡检", roles=(Role.OPERATIONS, Role.REVIEWER, Role.HOSPITAL_MANAGER, Role.HOSPITAL_IT)
)
PAUSE = permission("synthetic.pause", "暂停与恢复平台巡检", roles=(Role.OPERATIONS, Role.HOSPITAL_IT))

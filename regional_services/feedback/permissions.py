"""What a role may do with residents' feedback; a hospital's staff see their own hospital's only."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission("feedback.view", "查看意见反馈", roles=(Role.OPERATIONS, Role.HOSPITAL_MANAGER))
HANDLE = permission("feedback.handle", "受理与答复意见反馈", roles=(Role.OPERATIONS, Role.HOSPITAL_MANAGER))
EXPORT = permission("feedback.export", "导出意见反馈", roles=(Role.OPERATIONS, Role.HOSPITAL_MANAGER))
CLOSE = permission("feedback.close", "关闭意见反馈与设置办理时限", roles=(Role.OPERATIONS,))

"""What a role may do with its own hospital's surveys."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission("survey.view", "查看满意度调查结果", roles=(Role.HOSPITAL_MANAGER,))
EDIT = permission("survey.edit", "编辑满意度问卷与样式", roles=(Role.HOSPITAL_MANAGER,))
EXPORT = permission("survey.export", "导出满意度调查结果", roles=(Role.HOSPITAL_MANAGER,))

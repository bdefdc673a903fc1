"""What a role may be given around departments and doctors."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

EDIT = permission("directory.edit", "编辑科室、医生与须知", roles=(Role.HOSPITAL_MANAGER,))
MAP = permission("directory.map", "维护代码对照", roles=(Role.HOSPITAL_IT,))
VIEW = permission(
    "directory.view", "查看科室与医生", roles=(Role.RECEPTION, Role.DOCTOR, Role.HOSPITAL_MANAGER, Role.HOSPITAL_IT)
)

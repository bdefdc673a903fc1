"""What a role may be given around schedules."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission(
    "scheduling.view", "查看排班", roles=(Role.RECEPTION, Role.DOCTOR, Role.HOSPITAL_MANAGER, Role.HOSPITAL_IT)
)
ADD_NUMBER = permission("scheduling.add_number", "加号", roles=(Role.DOCTOR, Role.HOSPITAL_MANAGER))
ALTER_SESSION = permission("scheduling.alter", "替诊与改诊", roles=(Role.HOSPITAL_MANAGER,))
SET_RELEASE = permission("scheduling.set_release", "设定放号规则", roles=(Role.HOSPITAL_MANAGER,))
STOP_SESSION = permission("scheduling.stop_session", "停诊", roles=(Role.HOSPITAL_MANAGER,))

"""Who watches over how the hub runs."""

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission("running.view", "查看运行状态与运行日志", roles=(Role.SYSTEM_ADMIN, Role.OPERATIONS))
CLOSE_FAULTS = permission("running.close_faults", "处理故障记录", roles=(Role.SYSTEM_ADMIN, Role.OPERATIONS))

"""Who may look at backups, and who may confirm that one is good. Restores are commands: no page does one."""

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission(
    "recovery.view", "查看备份与恢复", roles=(Role.SYSTEM_ADMIN, Role.OPERATIONS, Role.AUDIT_ADMIN, Role.SECURITY_ADMIN)
)
CONFIRM = permission("recovery.confirm", "确认备份与演练", roles=(Role.SYSTEM_ADMIN,))

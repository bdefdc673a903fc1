"""What a role may do with messages; a hospital's staff see and word their own hospital's only."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission("notifications.view", "查看消息发送情况", roles=(Role.OPERATIONS, Role.HOSPITAL_MANAGER))
EDIT = permission("notifications.edit", "编辑消息模板与免打扰时段", roles=(Role.OPERATIONS,))
WORD = permission("notifications.word", "编辑本院消息文案", roles=(Role.HOSPITAL_MANAGER,))
OWN = permission(
    "notifications.own",
    "查看给本人的提醒",
    roles=(Role.OPERATIONS, Role.HOSPITAL_MANAGER, Role.DOCTOR, Role.RECEPTION),
)
RESEND = permission("notifications.resend", "重发未送达的消息", roles=(Role.OPERATIONS,))

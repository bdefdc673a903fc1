"""What staff may do with the journals: dead letters of the outbox, entries of the audit."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW_DEAD_LETTERS = permission("outbox.view", "查看停止的消息", roles=(Role.OPERATIONS, Role.HOSPITAL_IT))
REPLAY = permission("outbox.replay", "重新投递停止的消息", roles=(Role.OPERATIONS, Role.HOSPITAL_IT))
VIEW_AUDIT = permission("audit.view", "查看审计记录", roles=(Role.AUDIT_ADMIN,))
VERIFY_AUDIT = permission("audit.verify", "校验审计记录", roles=(Role.AUDIT_ADMIN,))

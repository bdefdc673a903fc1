"""What a role may do when an institution leaves. Nobody holds both halves of a destruction."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission("leaving.view", "查看机构退出", roles=(Role.OPERATIONS, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN))
BEGIN = permission("leaving.begin", "发起机构退出", roles=(Role.OPERATIONS,))
HOLD = permission("leaving.hold", "设置与解除法定保留", roles=(Role.SECURITY_ADMIN,))
HAND_KEY = permission("leaving.hand_key", "交付移交包密钥", roles=(Role.SECURITY_ADMIN,))
ASK = permission("leaving.ask_destruction", "申请销毁机构密钥", roles=(Role.SYSTEM_ADMIN,))
CONFIRM = permission("leaving.confirm_destruction", "确认销毁机构密钥", roles=(Role.SECURITY_ADMIN,))
RECEIVE = permission("leaving.receive", "接收本院移交包", roles=(Role.HOSPITAL_MANAGER,))

"""What staff may do with messages."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission("exchange.view", "查看接口消息", roles=(Role.OPERATIONS, Role.HOSPITAL_IT, Role.VENDOR))
VIEW_BODY = permission("exchange.view_body", "查看接口报文（脱敏）", roles=(Role.HOSPITAL_IT, Role.VENDOR))
RERUN = permission("exchange.rerun", "重发接口请求", roles=(Role.HOSPITAL_IT,))
PROBE = permission("exchange.probe", "立即探测医院接口", roles=(Role.OPERATIONS, Role.HOSPITAL_IT))

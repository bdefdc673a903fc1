"""What a role may be given around queues."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission("queueing.view", "查看候诊队列", roles=(Role.RECEPTION, Role.DOCTOR, Role.HOSPITAL_MANAGER))
CHECK_IN = permission("queueing.check_in", "代患者签到", roles=(Role.RECEPTION, Role.CASHIER))
KIOSK = permission("queueing.kiosk", "在签到机上签到（仅限签到机本身）")
CALL = permission("queueing.call", "叫号", roles=(Role.DOCTOR, Role.RECEPTION))
TRIAGE = permission("queueing.triage", "分诊：报到、优先、转诊、暂停", roles=(Role.RECEPTION, Role.DOCTOR))
RULES = permission("queueing.rules", "设置候诊规则", roles=(Role.HOSPITAL_MANAGER,))
DEVICES = permission("queueing.devices", "管理候诊屏与签到机", roles=(Role.HOSPITAL_MANAGER, Role.HOSPITAL_IT))

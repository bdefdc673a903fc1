"""What a role may be given around appointments."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission(
    "appointments.view",
    "查看预约",
    roles=(Role.RECEPTION, Role.CASHIER, Role.DOCTOR, Role.HOSPITAL_MANAGER, Role.HOSPITAL_IT),
)
CANCEL = permission("appointments.cancel", "代患者取消预约", roles=(Role.RECEPTION, Role.HOSPITAL_MANAGER))
BOOK = permission("appointments.book", "代患者预约挂号", roles=(Role.RECEPTION,))
COMPARE = permission(
    "appointments.compare", "与医院系统核对预约", roles=(Role.HOSPITAL_MANAGER, Role.HOSPITAL_IT, Role.RECEPTION)
)
EXPORT = permission("appointments.export", "导出预约清单", roles=(Role.HOSPITAL_MANAGER,))
PRINT_LIST = permission(
    "appointments.print_list", "打印当日预约清单", roles=(Role.RECEPTION, Role.HOSPITAL_MANAGER, Role.HOSPITAL_IT)
)

"""What staff may do with bookings."""

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW = permission(
    "booking.view",
    "查看预约",
    roles=(Role.RECEPTION, Role.CASHIER, Role.DOCTOR, Role.HOSPITAL_MANAGER, Role.HOSPITAL_IT),
)
VIEW_DISTRICT = permission("region.view", "查看全区运行情况", roles=(Role.OPERATIONS, Role.REVIEWER))
TRACE = permission("booking.trace", "查询挂号订单", roles=(Role.OPERATIONS, Role.REVIEWER))
CLOSE_RESYNC = permission("booking.close_resync", "处理恢复核对的差异", roles=(Role.OPERATIONS,))

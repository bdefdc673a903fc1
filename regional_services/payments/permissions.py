"""What staff may do with money."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW_PAYMENTS = permission("payments.view", "查看订单与收退款", roles=(Role.CASHIER,))
CLOSE_TASKS = permission("payments.close_tasks", "处理收退款异常", roles=(Role.CASHIER,))

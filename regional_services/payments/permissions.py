"""What staff may do with money."""

from __future__ import annotations

from hub.security.permissions import permission
from hub.security.roles import Role

VIEW_PAYMENTS = permission("payments.view", "查看订单与收退款", roles=(Role.CASHIER,))
PROPOSE_MERCHANT = permission("payments.propose_merchant", "提交和停用收款商户凭据", roles=(Role.SYSTEM_ADMIN,))
CONFIRM_MERCHANT = permission("payments.confirm_merchant", "确认收款商户凭据", roles=(Role.SECURITY_ADMIN,))
"""Where a hospital's money goes is never one person's decision."""
CLOSE_TASKS = permission("payments.close_tasks", "处理收退款异常", roles=(Role.CASHIER,))

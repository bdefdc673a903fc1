"""Orders, legs, attempts, refunds, ledger: public tables, each row owned by one hospital (DESIGN section 4)."""

from regional_services.payments.models.channel import ChannelNotification, MerchantAccount, NotificationState
from regional_services.payments.models.ledger import Account, CashierTask, Posting, TaskKind
from regional_services.payments.models.movements import (
    OF_THE_ORDER,
    OPEN_ATTEMPTS,
    OPEN_REFUNDS,
    RETURNED,
    Attempt,
    AttemptState,
    Refund,
    RefundKind,
    RefundState,
    Scene,
)
from regional_services.payments.models.orders import OPEN_ORDERS, Leg, LegKind, LegState, Order, OrderState

__all__ = [
    "OF_THE_ORDER",
    "OPEN_ATTEMPTS",
    "OPEN_ORDERS",
    "OPEN_REFUNDS",
    "RETURNED",
    "Account",
    "Attempt",
    "AttemptState",
    "CashierTask",
    "ChannelNotification",
    "Leg",
    "LegKind",
    "LegState",
    "MerchantAccount",
    "NotificationState",
    "Order",
    "OrderState",
    "Posting",
    "Refund",
    "RefundKind",
    "RefundState",
    "Scene",
    "TaskKind",
]

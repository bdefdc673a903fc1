"""Orders, legs, attempts, refunds, ledger: public tables, each row owned by one hospital (DESIGN section 4)."""

from regional_services.payments.models.channel import (
    ChannelNotification,
    MerchantAccount,
    MerchantProposal,
    NotificationState,
    ProposalState,
)
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
    "MerchantProposal",
    "NotificationState",
    "Order",
    "OrderState",
    "Posting",
    "ProposalState",
    "Refund",
    "RefundKind",
    "RefundState",
    "Scene",
    "TaskKind",
]

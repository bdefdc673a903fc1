"""What payments publishes: facts for the owner of the booking, and asks to its own outside handlers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from hub.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingMoneyEvent(Event):
    """Base of the facts about the money of one booking, delivered in the booking's order."""

    order_id: UUID
    booking_id: UUID
    institution_code: str

    @property
    def aggregate(self) -> str:
        """The booking."""
        return f"booking:{self.booking_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPaid(BookingMoneyEvent):
    """The channel itself confirmed the whole amount (or nothing was owed)."""

    NAME: ClassVar[str] = "payments.order_paid"
    paid_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderClosed(BookingMoneyEvent):
    """Closed, unpaid, definite: the channel said so for every attempt, and nothing can be paid any more."""

    NAME: ClassVar[str] = "payments.order_closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LatePayment(BookingMoneyEvent):
    """Money came for an order that takes none any more; it is on its way back by itself."""

    NAME: ClassVar[str] = "payments.late_payment"
    attempt_id: UUID
    refund_id: UUID
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFinished(BookingMoneyEvent):
    """A requested refund reached its end; `succeeded` false means a cashier has to act."""

    NAME: ClassVar[str] = "payments.refund_finished"
    refund_id: UUID
    succeeded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CashierTaskOpened(BookingMoneyEvent):
    """A case waits for a cashier of the hospital."""

    NAME: ClassVar[str] = "payments.cashier_task_opened"
    task_id: UUID
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CashierTaskClosed(BookingMoneyEvent):
    """A cashier ended a case; what follows for the money is done outside his own transaction."""

    NAME: ClassVar[str] = "payments.cashier_task_closed"
    task_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEvent(Event):
    """Base of the asks about one attempt."""

    attempt_id: UUID
    hospital: str

    @property
    def aggregate(self) -> str:
        """The attempt."""
        return f"payment_attempt:{self.attempt_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepayAsked(AttemptEvent):
    """The channel shall make a payment ready."""

    NAME: ClassVar[str] = "payments.prepay_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptCloseAsked(AttemptEvent):
    """The channel shall close this attempt, so that it can't be paid any more."""

    NAME: ClassVar[str] = "payments.attempt_close_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptCheckDue(AttemptEvent):
    """It is time to ask the channel what became of this attempt."""

    NAME: ClassVar[str] = "payments.attempt_check_due"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundEvent(Event):
    """Base of the asks about one refund."""

    refund_id: UUID
    hospital: str

    @property
    def aggregate(self) -> str:
        """The refund."""
        return f"payment_refund:{self.refund_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundAsked(RefundEvent):
    """The channel shall give money back."""

    NAME: ClassVar[str] = "payments.refund_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundCheckDue(RefundEvent):
    """It is time to ask the channel what became of this refund."""

    NAME: ClassVar[str] = "payments.refund_check_due"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationStored(Event):
    """A verified notice of a channel lies in the store and waits to be acted on."""

    NAME: ClassVar[str] = "payments.notification_stored"
    notification_id: int
    hospital: str

    @property
    def aggregate(self) -> str:
        """Each notice by itself: order between notices means nothing."""
        return f"payment_notification:{self.notification_id}"

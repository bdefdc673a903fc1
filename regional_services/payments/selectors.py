"""Reads of payments, as frozen views; one statement each. Callers hold an open region scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from hub import clock
from regional_services.payments.errors import ChannelUnavailable
from regional_services.payments.models import (
    OPEN_ATTEMPTS,
    OPEN_REFUNDS,
    Attempt,
    AttemptState,
    CashierTask,
    MerchantAccount,
    MerchantProposal,
    Order,
    OrderState,
    Refund,
    RefundState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order as other apps and pages see it; `refunded_fen` counts what the channel confirmed."""

    id: UUID
    booking_id: UUID
    institution_code: str
    patient_id: UUID
    payer_account_id: UUID
    title: str
    amount_fen: int
    state: str
    deadline: datetime
    paid_at: datetime | None
    created_at: datetime

    @property
    def payable(self) -> bool:
        """Whether an attempt may still be started."""
        return self.state in {"awaiting_payment", "paying"} and clock.now() < self.deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One try to pay. A ready one is opened by `services.call_up` in the app, by `pay_url` in a browser."""

    id: UUID
    order_id: UUID
    institution_code: str
    channel: str
    out_trade_no: str
    amount_fen: int
    state: str
    scene: str
    prepay_id: str
    pay_url: str
    transaction_id: str
    settles: bool
    expires_at: datetime
    reason: str

    @property
    def ready(self) -> bool:
        """Whether the resident can be shown the channel's cashier."""
        return self.state == AttemptState.PREPARED and clock.now() < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundView:
    """One refund of an order."""

    id: UUID
    order_id: UUID
    kind: str
    amount_fen: int
    reason: str
    state: str
    finished_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CashierTaskView:
    """A case that waits for a cashier."""

    id: UUID
    institution_code: str
    kind: str
    kind_text: str
    order_id: UUID
    detail: str
    opened_at: datetime
    closed_at: datetime | None


def order_view(row: Order) -> OrderView:
    """The view of an order row."""
    return OrderView(
        id=row.id,
        booking_id=row.booking_id,
        institution_code=row.institution_code,
        patient_id=row.patient_id,
        payer_account_id=row.payer_account_id,
        title=row.title,
        amount_fen=row.amount_fen,
        state=row.state,
        deadline=row.deadline,
        paid_at=row.paid_at,
        created_at=row.created_at,
    )


def attempt_view(row: Attempt) -> AttemptView:
    """The view of an attempt row."""
    return AttemptView(
        id=row.id,
        order_id=row.order_id,
        institution_code=row.institution_code,
        channel=row.channel,
        out_trade_no=row.out_trade_no,
        amount_fen=row.amount_fen,
        state=row.state,
        scene=row.scene,
        prepay_id=row.prepay_id,
        pay_url=row.pay_url,
        transaction_id=row.transaction_id,
        settles=row.settles,
        expires_at=row.expires_at,
        reason=row.reason,
    )


def refund_view(row: Refund) -> RefundView:
    """The view of a refund row."""
    return RefundView(
        id=row.id,
        order_id=row.order_id,
        kind=row.kind,
        amount_fen=row.amount_fen,
        reason=row.reason,
        state=row.state,
        finished_at=row.finished_at,
        created_at=row.created_at,
    )


def order_of_booking(booking_id: UUID) -> OrderView | None:
    """The one order of a booking, if there is one."""
    row = Order.objects.filter(booking_id=booking_id).first()
    return order_view(row) if row else None


def orders_of_bookings(booking_ids: list[UUID]) -> dict[UUID, OrderView]:
    """The orders of many bookings, by booking."""
    return {row.booking_id: order_view(row) for row in Order.objects.filter(booking_id__in=booking_ids)}


def any_refunding(order_ids: list[UUID]) -> bool:
    """Whether a refund of one of these orders as a whole is not finished. One query."""
    return Order.objects.filter(id__in=order_ids, state=OrderState.REFUNDING).exists()


def order(order_id: UUID) -> OrderView | None:
    """One order."""
    row = Order.objects.filter(pk=order_id).first()
    return order_view(row) if row else None


def order_of_trade(out_trade_no: str) -> UUID | None:
    """The order a payment channel's bill names by our number. One query."""
    return Attempt.objects.filter(out_trade_no=out_trade_no).values_list("order_id", flat=True).first()


def orders_of_account(account_id: UUID, *, after: tuple[str, ...] | None, limit: int) -> list[OrderView]:
    """The orders an account placed, newest first, beyond the key `after` (creation time and id)."""
    rows = Order.objects.filter(payer_account_id=account_id)
    if after is not None:
        created_at, order_id = datetime.fromisoformat(after[0]), UUID(after[1])
        rows = rows.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=order_id))
    return [order_view(row) for row in rows.order_by("-created_at", "-pk")[:limit]]


def unsettled_of_account(account_id: UUID) -> list[OrderView]:
    """Orders of a payer whose money has not come to rest. One query."""
    moving = (OrderState.AWAITING_PAYMENT, OrderState.PAYING, OrderState.CLOSING, OrderState.REFUNDING)
    return [order_view(row) for row in Order.objects.filter(payer_account_id=account_id, state__in=moving)]


def attempt(attempt_id: UUID) -> AttemptView | None:
    """One attempt; its prepay id is there once the channel has answered."""
    row = Attempt.objects.filter(pk=attempt_id).first()
    return attempt_view(row) if row else None


def attempts(order_id: UUID) -> list[AttemptView]:
    """The attempts of an order, oldest first."""
    return [attempt_view(row) for row in Attempt.objects.filter(order_id=order_id).order_by("created_at", "pk")]


def settling_attempt(order_id: UUID) -> AttemptView | None:
    """The paid attempt that counts for the order; None while it is unpaid, or when nothing was owed."""
    row = Attempt.objects.filter(order_id=order_id, settles=True).first()
    return attempt_view(row) if row else None


def refunds(order_id: UUID) -> list[RefundView]:
    """The refunds of an order, oldest first."""
    return [refund_view(row) for row in Refund.objects.filter(order_id=order_id).order_by("created_at", "pk")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """Money of an institution that is still on its way: payments and refunds under way, cases for a cashier."""

    payments: int
    refunds: int
    tasks: int

    @property
    def total(self) -> int:
        """How many things have to end before nothing moves any more."""
        return self.payments + self.refunds + self.tasks


def unsettled(institution_code: str) -> Unsettled:
    """What is not final at one institution. Three counts on indexes or small sets."""
    mine = {"institution_code": institution_code}
    return Unsettled(
        payments=Attempt.objects.filter(**mine, state__in=OPEN_ATTEMPTS).count(),
        refunds=Refund.objects.filter(**mine, state__in=(*OPEN_REFUNDS, RefundState.ABNORMAL)).count(),
        tasks=CashierTask.objects.filter(**mine, closed_at__isnull=True).count(),
    )


def open_tasks(institution_code: str) -> list[CashierTaskView]:
    """What waits for the cashiers of a hospital, oldest first."""
    rows = CashierTask.objects.filter(institution_code=institution_code, closed_at=None).order_by("opened_at", "pk")
    return [
        CashierTaskView(
            id=row.id,
            institution_code=row.institution_code,
            kind=row.kind,
            kind_text=row.get_kind_display(),
            order_id=row.order_id,
            detail=row.detail,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
        )
        for row in rows
    ]


def current_merchant(institution_code: str, channel: str) -> MerchantAccount:
    """The hospital's credentials in force today; refuses when the hospital does not collect by this channel."""
    found = [row for row in current_merchants(institution_code) if row.channel == channel]
    if not found:
        raise ChannelUnavailable
    return found[0]


def current_merchants(institution_code: str) -> list[MerchantAccount]:
    """The hospital's credentials in force today, the newest of each channel. One query."""
    now = clock.now()
    rows = (
        MerchantAccount.objects.filter(institution_code=institution_code, effective_from__lte=now)
        .filter(Q(effective_to=None) | Q(effective_to__gt=now))
        .order_by("channel", "-version")
        .distinct("channel")
    )
    return list(rows)


def secret_references(institution_code: str) -> list[str]:
    """Under which names the ring holds the institution's merchant secrets, of every version and proposal."""
    models = (MerchantAccount, MerchantProposal)
    rows = [model.objects.filter(institution_code=institution_code) for model in models]
    pairs = [pair for found in rows for pair in found.values_list("private_key_ref", "api_v3_key_ref")]
    return sorted({reference for pair in pairs for reference in pair})


def settling_attempts(order_ids: list[UUID]) -> dict[UUID, AttemptView]:
    """The paid attempts that count for many orders, by order."""
    rows = Attempt.objects.filter(order_id__in=order_ids, settles=True)
    return {row.order_id: attempt_view(row) for row in rows}

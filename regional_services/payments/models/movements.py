"""What was asked of a channel: attempts to collect, and refunds. A retry never changes their numbers there."""

from __future__ import annotations

from django.db import models

from hub import words
from hub.ids import uuid7
from hub.security.fields import EncryptedJSONField
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow
from regional_services.payments.models.channel import MerchantAccount
from regional_services.payments.models.orders import Leg, Order


class AttemptState(words.TextChoices):
    """`unknown` is a stored state, left only by asking the channel again with the same number (DESIGN promise 4)."""

    CREATED = "created", "待下单"
    PREPARED = "prepared", "待付款"
    UNKNOWN = "unknown", "核实中"
    CLOSING = "closing", "关闭中"
    PAID = "paid", "已付款"
    CLOSED = "closed", "已关闭"
    FAILED = "failed", "下单失败"
    DISPUTED = "disputed", "待人工核对"


class Scene(words.TextChoices):
    """Where the payer is: inside the channel's app, or in an ordinary browser that is sent to its cashier page."""

    APP = "app", "应用内"
    BROWSER = "browser", "浏览器"


OPEN_ATTEMPTS = (AttemptState.CREATED, AttemptState.PREPARED, AttemptState.UNKNOWN, AttemptState.CLOSING)


class Attempt(InstitutionRow):
    """One try to collect a leg through one channel, under the merchant credentials of its day (practice 23).

    Prepared, it holds a prepay id (in the app) or the address of the channel's cashier page (in a browser).

    `settles` marks the one paid attempt that counts for the leg; any other payment is surplus and goes back.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="attempts")
    leg = models.ForeignKey(Leg, on_delete=models.PROTECT, related_name="attempts")
    merchant = models.ForeignKey(MerchantAccount, on_delete=models.PROTECT, related_name="attempts")
    channel = models.CharField(max_length=16)
    out_trade_no = models.CharField(max_length=32)
    amount_fen = models.BigIntegerField()
    scene = models.CharField(max_length=8, choices=Scene.choices)
    payer = EncryptedJSONField(purpose="payment.payer", owner="institution_code")
    state = models.CharField(max_length=12, choices=AttemptState.choices, default=AttemptState.CREATED)
    expires_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    prepay_id = models.CharField(max_length=80, blank=True, default="")
    pay_url = models.CharField(max_length=600, blank=True, default="")
    transaction_id = models.CharField(max_length=40, blank=True, default="")
    paid_fen = models.BigIntegerField(default=0)
    settles = models.BooleanField(default=False)
    paid_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=64, blank=True, default="")
    next_check_at = models.DateTimeField(null=True)
    checks = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    staff_grant = Grant.RO

    class Meta:
        db_table = "payments_attempt"
        constraints = [
            models.UniqueConstraint(fields=["out_trade_no"], name="payments_attempt_number"),
            models.UniqueConstraint(
                fields=["channel", "transaction_id"],
                name="payments_attempt_transaction",
                condition=~models.Q(transaction_id=""),
            ),
            models.UniqueConstraint(fields=["leg"], name="payments_attempt_settles", condition=models.Q(settles=True)),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="payments_attempt_amount"),
            models.CheckConstraint(condition=models.Q(state__in=AttemptState.values), name="payments_attempt_state"),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"],
                name="payments_attempt_due",
                condition=models.Q(next_check_at__isnull=False),
            ),
        ]


class RefundKind(words.TextChoices):
    """Why money goes back."""

    REQUESTED = "requested", "申请退款"
    DIFFERENCE = "difference", "差额退回"
    DUPLICATE = "duplicate", "重复支付退回"
    LATE = "late", "超时支付退回"


class RefundState(words.TextChoices):
    """`succeeded`, `closed` and `by_hand` are final; `abnormal` waits for a cashier (practice 24)."""

    ASKED = "asked", "退款中"
    PROCESSING = "processing", "退款处理中"
    UNKNOWN = "unknown", "核实中"
    SUCCEEDED = "succeeded", "已退款"
    CLOSED = "closed", "退款关闭"
    ABNORMAL = "abnormal", "退款异常"
    BY_HAND = "by_hand", "窗口已退款"


OF_THE_ORDER = (RefundKind.REQUESTED, RefundKind.DIFFERENCE)
"""Refunds of what was owed; the others give back what was paid beyond it."""
RETURNED = (RefundState.SUCCEEDED, RefundState.BY_HAND)
OPEN_REFUNDS = (RefundState.ASKED, RefundState.PROCESSING, RefundState.UNKNOWN)


class Refund(InstitutionRow):
    """One refund of one paid attempt. `out_refund_no` is made once: a new number would be a second refund."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="refunds")
    kind = models.CharField(max_length=12, choices=RefundKind.choices)
    sequence = models.PositiveSmallIntegerField()
    out_refund_no = models.CharField(max_length=32)
    amount_fen = models.BigIntegerField()
    reason = models.CharField(max_length=80)
    state = models.CharField(max_length=12, choices=RefundState.choices, default=RefundState.ASKED)
    channel_refund_id = models.CharField(max_length=40, blank=True, default="")
    problem = models.CharField(max_length=64, blank=True, default="")
    finished_at = models.DateTimeField(null=True)
    next_check_at = models.DateTimeField(null=True)
    checks = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    staff_grant = Grant.RO

    class Meta:
        db_table = "payments_refund"
        constraints = [
            models.UniqueConstraint(fields=["out_refund_no"], name="payments_refund_number"),
            models.UniqueConstraint(fields=["attempt", "sequence"], name="payments_refund_sequence"),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="payments_refund_amount"),
            models.CheckConstraint(condition=models.Q(state__in=RefundState.values), name="payments_refund_state"),
        ]
        indexes = [
            models.Index(fields=["order"], name="payments_refund_order"),
            models.Index(
                fields=["next_check_at"],
                name="payments_refund_due",
                condition=models.Q(next_check_at__isnull=False),
            ),
        ]

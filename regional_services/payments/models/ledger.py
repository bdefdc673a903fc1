"""The small ledger: double-entry postings per institution and channel, and what waits for a cashier."""

from __future__ import annotations

from django.db import models

from hub import words
from hub.ids import uuid7
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow
from regional_services.payments.models.movements import Attempt, Refund
from regional_services.payments.models.orders import Order


class Account(words.TextChoices):
    """The accounts of an institution and channel.

    CHANNEL is the hospital's money held by the channel, DESK what its cashiers hand out; ORDERS is what residents paid
    for orders, SURPLUS what came in without a claim (late or twice) and must go back.
    """

    CHANNEL = "channel", "渠道资金"
    DESK = "desk", "窗口资金"
    ORDERS = "orders", "订单收款"
    SURPLUS = "surplus", "待退多收款"


class Posting(InstitutionRow):
    """One line of an entry; the lines of an entry add up to zero. Rows are added, never changed or removed.

    `entry` names the movement it records, such as `paid:<attempt>`: a movement is posted once.
    """

    id = models.BigAutoField(primary_key=True)
    entry = models.CharField(max_length=60)
    account = models.CharField(max_length=12, choices=Account.choices)
    channel = models.CharField(max_length=16)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="postings")
    amount_fen = models.BigIntegerField()
    posted_at = models.DateTimeField()

    grant = Grant.APPEND
    staff_grant = Grant.RO

    class Meta:
        db_table = "payments_posting"
        constraints = [
            models.UniqueConstraint(fields=["entry", "account"], name="payments_posting_entry"),
            models.CheckConstraint(condition=~models.Q(amount_fen=0), name="payments_posting_amount"),
        ]
        indexes = [
            models.Index(fields=["institution_code", "channel", "posted_at"], name="payments_posting_day"),
        ]


class TaskKind(words.TextChoices):
    """Why a person has to look."""

    AMOUNT_MISMATCH = "amount_mismatch", "渠道金额与订单不符"
    REFUND_ABNORMAL = "refund_abnormal", "退款异常"
    REFUND_CLOSED = "refund_closed", "退款被渠道关闭"
    REFUND_REFUSED = "refund_refused", "退款被渠道拒绝"
    REFUNDED_TWICE = "refunded_twice", "重复退款"


class CashierTask(InstitutionRow):
    """A case the machine may not decide, waiting for a named cashier of the hospital."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=20, choices=TaskKind.choices)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="tasks")
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, null=True, related_name="tasks")
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, null=True, related_name="tasks")
    subject = models.CharField(max_length=60)
    detail = models.CharField(max_length=200, blank=True, default="")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.UUIDField(null=True)
    closed_by_name = models.CharField(max_length=80, blank=True, default="")
    resolution = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "payments_cashier_task"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"],
                name="payments_task_open",
                condition=models.Q(closed_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["institution_code", "closed_at"], name="payments_task_institution"),
        ]

"""What is owed: one order for one booking, and its legs."""

from __future__ import annotations

from django.db import models

from hub import words
from hub.ids import uuid7
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow


class OrderState(words.TextChoices):
    """Where the money of a booking stands; only `payments` writes it."""

    AWAITING_PAYMENT = "awaiting_payment", "待支付"
    PAYING = "paying", "支付中"
    PAID = "paid", "已支付"
    CLOSING = "closing", "关闭中"
    CLOSED = "closed", "已关闭"
    REFUNDING = "refunding", "退款中"
    PARTIALLY_REFUNDED = "partially_refunded", "部分退款"
    REFUNDED = "refunded", "已退款"


OPEN_ORDERS = (OrderState.AWAITING_PAYMENT, OrderState.PAYING)


class Order(InstitutionRow):
    """One order of one booking; patient, payer and insured are three persons who may be one (practice 23).

    `deadline` is when an unpaid order begins to close. The price is frozen here; it never follows a later quote.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    booking_id = models.UUIDField()
    patient_id = models.UUIDField()
    payer_account_id = models.UUIDField()
    insured_id = models.UUIDField(null=True)
    title = models.CharField(max_length=127)
    amount_fen = models.BigIntegerField()
    state = models.CharField(max_length=20, choices=OrderState.choices, default=OrderState.AWAITING_PAYMENT)
    close_reason = models.CharField(max_length=40, blank=True, default="")
    deadline = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    staff_grant = Grant.RO

    class Meta:
        db_table = "payments_order"
        constraints = [
            models.UniqueConstraint(fields=["booking_id"], name="payments_order_booking"),
            models.CheckConstraint(condition=models.Q(amount_fen__gte=0), name="payments_order_amount"),
            models.CheckConstraint(condition=models.Q(state__in=OrderState.values), name="payments_order_state"),
        ]
        indexes = [
            models.Index(fields=["payer_account_id", "-created_at"], name="payments_order_payer"),
            models.Index(
                fields=["deadline"],
                name="payments_order_open",
                condition=models.Q(state__in=["awaiting_payment", "paying"]),
            ),
        ]


class LegKind(words.TextChoices):
    """Who settles a part of the order."""

    SELF_PAY = "self_pay", "个人支付"
    INSURANCE = "insurance", "医保支付"


class LegState(words.TextChoices):
    """A leg is settled and given back by itself, each by its own confirmed step."""

    DUE = "due", "待支付"
    PAID = "paid", "已支付"
    VOID = "void", "已作废"
    PARTIALLY_REFUNDED = "partially_refunded", "部分退款"
    REFUNDED = "refunded", "已退款"


class Leg(InstitutionRow):
    """The part of an order one party settles; the legs of an order add up to its amount."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="legs")
    kind = models.CharField(max_length=12, choices=LegKind.choices)
    amount_fen = models.BigIntegerField()
    refunded_fen = models.BigIntegerField(default=0)
    state = models.CharField(max_length=20, choices=LegState.choices, default=LegState.DUE)

    staff_grant = Grant.RO

    class Meta:
        db_table = "payments_leg"
        constraints = [
            models.UniqueConstraint(fields=["order", "kind"], name="payments_leg_kind"),
            models.CheckConstraint(
                condition=models.Q(refunded_fen__gte=0, refunded_fen__lte=models.F("amount_fen")),
                name="payments_leg_refunded",
            ),
        ]

"""Activations of vouchers: one question to the insurer each, and what it said."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from hub import words
from hub.ids import uuid7


class VoucherState(words.TextChoices):
    """What the insurer said. UNKNOWN: asked, and no definite answer; it is asked what became of it."""

    ASKED = "asked", "正在激活"
    UNKNOWN = "unknown", "结果未知，正在重新查询"
    ACTIVE = "active", "已激活"
    REJECTED = "rejected", "未能激活"


OPEN = (VoucherState.ASKED, VoucherState.UNKNOWN)


class Activation(models.Model):
    """One tap. `number` is what the insurer knows it by; `booking_id` where it was tapped, to return there."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField("报文编号", max_length=30, unique=True)
    account_id = models.UUIDField("账号")
    person_id = models.UUIDField("参保人")
    booking_id = models.UUIDField("预约")
    state = models.CharField("状态", max_length=10, choices=VoucherState.choices, default=VoucherState.ASKED)
    reason = models.CharField("原因", max_length=200, blank=True, default="")
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    asked_at = models.DateTimeField("提出时间")
    answered_at = models.DateTimeField("应答时间", null=True)

    class Meta:
        db_table = "insurance_activation"
        constraints = [
            models.UniqueConstraint(
                fields=("person_id",), condition=Q(state__in=("asked", "unknown")), name="insurance_one_open"
            )
        ]
        indexes = [
            models.Index(fields=("person_id", "-asked_at"), name="insurance_activation_person"),
            models.Index(fields=("state", "-asked_at"), name="insurance_activation_list"),
        ]

    def __str__(self) -> str:
        return self.number

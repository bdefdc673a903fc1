"""An institution on its way out: one row, its ended stages, the receipt of its package."""

from __future__ import annotations

from django.db import models

from hub import words
from hub.ids import uuid7
from hub.tenancy.grants import Grant
from hub.tenancy.rows import InstitutionRow


class Stage(words.TextChoices):
    """Where leaving stands; the first three, `closing` and `destroying` are a worker's, the others wait for people."""

    CANCELLING = "cancelling", "取消以后的预约"
    SETTLING = "settling", "等待业务与资金了结"
    PACKING = "packing", "制作移交包"
    RECEIPT = "receipt", "等待医院确认收到"
    DECIDING = "deciding", "等待销毁密钥的决定"
    CLOSING = "closing", "关闭人员账号"
    DESTROYING = "destroying", "销毁密钥"
    LEFT = "left", "已退出"


class Leaving(InstitutionRow):
    """How one institution leaves. It happens once: a code is never given again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    stage = models.CharField("阶段", max_length=12, choices=Stage.choices, default=Stage.CANCELLING)
    last_day = models.DateField("最后服务日")
    words = models.CharField("给居民看的说明", max_length=200)
    reason = models.CharField("原因", max_length=200)
    begun_by = models.UUIDField("发起人")
    begun_by_name = models.CharField("发起人姓名", max_length=60)
    begun_at = models.DateTimeField("发起时间")

    bookings = models.PositiveIntegerField("要取消的预约")
    paid_fen = models.BigIntegerField("要退的金额")
    done = models.PositiveIntegerField("本阶段已办", default=0)
    total = models.PositiveIntegerField("本阶段总数", default=0)
    note = models.CharField("进展", max_length=300, blank=True, default="")
    in_trouble = models.BooleanField("上次未成功", default=False)
    attempts = models.PositiveIntegerField("次数", default=0)
    leased_until = models.DateTimeField("占用至", null=True)

    package_key = models.CharField("移交包", max_length=120, blank=True, default="")
    package_size = models.BigIntegerField("大小", default=0)
    package_sha256 = models.CharField("摘要", max_length=64, blank=True, default="")
    package_suite = models.CharField("算法", max_length=20, blank=True, default="")
    package_wrapped = models.BinaryField("对象密钥", null=True)
    package_facts = models.JSONField("内容", default=dict)
    manifest_sha256 = models.CharField("清单摘要", max_length=64, blank=True, default="")
    packed_at = models.DateTimeField("制作时间", null=True)

    on_hold = models.BooleanField("法定保留", default=False)
    hold_reason = models.CharField("保留依据", max_length=200, blank=True, default="")
    asked_by = models.UUIDField("申请人", null=True)
    asked_by_name = models.CharField("申请人姓名", max_length=60, blank=True, default="")
    asked_at = models.DateTimeField("申请时间", null=True)
    destruction_reason = models.CharField("销毁依据", max_length=200, blank=True, default="")
    confirmed_by = models.UUIDField("确认人", null=True)
    confirmed_by_name = models.CharField("确认人姓名", max_length=60, blank=True, default="")
    confirmed_at = models.DateTimeField("确认时间", null=True)
    samples = models.JSONField("证明用密文", default=list)
    certificate = models.JSONField("销毁证明", null=True)
    left_at = models.DateTimeField("退出时间", null=True)
    schema_until = models.DateField("数据空间保留至", null=True)
    schema_dropped_at = models.DateTimeField("数据空间删除时间", null=True)

    staff_grant = Grant.RO

    class Meta:
        db_table = "leaving"
        constraints = [models.UniqueConstraint(fields=["institution_code"], name="leaving_once")]


class LeavingStep(InstitutionRow):
    """A stage that ended, when, and what it gave."""

    id = models.BigAutoField(primary_key=True)
    leaving = models.ForeignKey(Leaving, on_delete=models.PROTECT, related_name="steps")
    stage = models.CharField(max_length=12, choices=Stage.choices)
    note = models.CharField(max_length=300)
    by_name = models.CharField(max_length=60)
    ended_at = models.DateTimeField()

    staff_grant = Grant.RO

    class Meta:
        db_table = "leaving_step"
        constraints = [models.UniqueConstraint(fields=["leaving", "stage"], name="leaving_step_once")]


class LeavingReceipt(InstitutionRow):
    """The hospital's word that it has opened its package: the code stands only inside it."""

    leaving = models.OneToOneField(Leaving, on_delete=models.PROTECT, primary_key=True, related_name="receipt")
    paper = models.JSONField("签名收据")
    given_by = models.UUIDField("确认人")
    given_by_name = models.CharField("确认人姓名", max_length=60)
    given_at = models.DateTimeField("确认时间")

    grant = Grant.APPEND

    class Meta:
        db_table = "leaving_receipt"
